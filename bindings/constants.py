#!/usr/bin/env python3
"""Writes the constants of include/alimi.h for Java and C#; with --check it only says whether the files are current."""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JAVA = "bindings/java/src/kr/alimi/Alimi.java"
CSHARP = "bindings/csharp/src/Constants.cs"
# What becomes an enum of its own in C#, by the beginning of the names; what is left are codes, or else sizes.
GROUPS = [("STATE_", "AlimiState", "States of a message; 5 and above are final."),
          ("CHANNEL_", "AlimiChannel", "Channels."),
          ("CERTAINTY_", "AlimiCertainty", "Whether a message left by its channel."),
          ("REASON_", "AlimiReason", "Why a message ended, or last failed, as it did."),
          ("LOG_", "AlimiLog", "Levels of the log."),
          ("", "AlimiCode", "Codes: 0 done, above 0 done with a notice, below 0 refused and nothing changed.")]


def constants():
    with open(os.path.join(ROOT, "include/alimi.h"), encoding="utf-8") as header:
        text = header.read()
    found = re.findall(r"/\*\* (.*?) \*/\n#define ALIMI_(\w+) \(?(-?\d+)\)?\n", text)
    # Sizes begin with this heading.
    sizes = text[text.index("/* ---- Sizes and limits"):]
    return [(name, int(value), comment.replace("&", "&amp;").replace("<", "&lt;"), "#define ALIMI_%s " % name in sizes)
            for comment, name, value in found]


def java(found):
    lines = ["package kr.alimi;", "",
             "/** The numbers of alimi. Generated from include/alimi.h by bindings/constants.py. */",
             "public final class Alimi {", "    private Alimi() {}"]
    for name, value, comment, _ in found:
        comment = re.sub(r"`([^`]*)`", r"{@code \1}", comment)
        lines += ["", "    /** %s */" % comment, "    public static final int %s = %d;" % (name, value)]
    return "\n".join(lines + ["}", ""])


def pascal(name):
    return "".join(word if word[0].isdigit() else word.capitalize() for word in name.split("_"))


def csharp(found):
    lines = ["// Generated from include/alimi.h by bindings/constants.py.", "namespace Alimi", "{"]
    left = [constant for constant in found if not constant[3]]
    for start, enum, summary in GROUPS:
        members = [constant for constant in left if constant[0].startswith(start)]
        left = [constant for constant in left if constant not in members]
        lines += ["    /// <summary>%s</summary>" % summary, "    public enum %s" % enum, "    {"]
        for name, value, comment, _ in members:
            name = pascal(name[len(start):].replace("ERR_", "", 1) if start == "" else name[len(start):])
            lines += ["        /// <summary>%s</summary>" % comment, "        %s = %d," % (name, value)]
        lines += ["    }", ""]
    lines += ["    /// <summary>Sizes and limits.</summary>", "    public static class AlimiLimits", "    {"]
    for name, value, comment, size in found:
        if size:
            lines += ["        /// <summary>%s</summary>" % comment,
                      "        public const int %s = %d;" % (pascal(name), value)]
    return "\n".join(lines + ["    }", "}", ""])


def main():
    stale = 0
    found = constants()
    for path, text in ((JAVA, java(found)), (CSHARP, csharp(found))):
        place = os.path.join(ROOT, path)
        if "--check" in sys.argv:
            with open(place, encoding="utf-8") as file:
                if file.read() != text:
                    print("%s is not current: bindings/constants.py" % path)
                    stale = 1
        else:
            with open(place, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
    return stale


if __name__ == "__main__":
    sys.exit(main())
