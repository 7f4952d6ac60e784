"""Runs the conformance list through the Python package: conformance.py CASES DIRECTORY. ../README.md explains the list."""
from __future__ import print_function

import binascii
import ctypes
import io
import json
import os
import re
import sys
import threading
import time

import alimi

WAIT = 20
WORDS = ("state", "channel", "certainty", "reason")


class Unopened(object):
    """In the place of a client that could not be opened."""

    def __getattr__(self, name):
        raise SystemExit("conformance: %s of a client that is not open" % name)


class List(object):
    def __init__(self, directory):
        self.directory = directory
        self.names = []  # (name, text) in the order of definition
        self.clients = {}
        self.number = 0
        self.heard = []
        self.lines = 0
        self.changed = threading.Condition()
        self.other = None
        self.failed = None
        self.define(u"$tomorrow", time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + 33 * 3600)))
        self.define(u"$outbox", u"")

    def define(self, name, text):
        for i, (known, _) in enumerate(self.names):
            if known == name:
                self.names[i] = (name, text)
                return
        self.names.append((name, text))

    def expand(self, field):
        for name, text in reversed(self.names):
            field = field.replace(name, text)
        return field.replace(u"\\n", u"\n")

    def line(self, line):
        word, fields = line.split(u"|")[0], line.split(u"|")[1:]
        if word == u"let":
            # The bytes are for languages without Unicode; here they must say the same.
            assert not fields[2] or binascii.unhexlify(fields[2]).decode("cp949") == fields[1]
            self.define(fields[0], fields[1])
        elif word == u"repeat":
            self.define(fields[0], fields[2] * int(fields[1]))
        elif word == u"config":
            self.define(fields[0], fields[1])
        elif word == u"case":
            self.number += 1
            self.define(u"$outbox", u"%s/case-%02d.db" % (self.directory.replace(os.sep, "/"), self.number))
            say("\n%02d %s" % (self.number, fields[0]))
        else:
            getattr(self, "do_" + word)(*[self.expand(field) for field in fields])

    # Each of these is a word of the list.

    def do_version(self):
        text = alimi.version()
        say("version: ALIMI_OK", "".join("9" if c.isdigit() else c for c in text))

    def do_errortext(self, code):
        try:
            said = alimi.error_text(int(code))
        except alimi.Error as error:
            said = error.name
        say("errortext %s: %s" % (code, said))

    def do_error(self):
        say("error:", alimi.last_error())

    def do_open(self, name, config, word="open"):
        def call():
            self.clients[name] = alimi.Client(config)

        self.clients[name] = Unopened()
        say("%s %s:" % (word, name), answer(call)[0])

    def do_openfile(self, name, config):
        path = os.path.join(self.directory, "case-%02d.json" % self.number)
        with io.open(path, "w", encoding="utf-8") as file:
            file.write(config)
        self.do_open(name, path, "openfile")

    def sent(self, word, name, key, call):
        code, accepted = answer(call)
        if accepted:
            code = "ALIMI_DUPLICATE" if accepted.duplicate else code
            code += " " + (accepted.key if key else "made" if 0 < len(accepted.key) <= 64 else "none")
        say("%s %s:" % (word, name), code)

    def do_send(self, name, key, to, template, variables, options):
        client = self.clients[name]
        self.sent("send", name, key, lambda: client.send_alimtalk(to, template, variables, key, options))

    def do_sendtext(self, name, key, to, text, options):
        self.sent("sendtext", name, key, lambda: self.clients[name].send_text(to, text, key or None, options))

    def do_batch(self, name, messages):
        code, verdicts = answer(lambda: self.clients[name].send_batch(messages))
        if verdicts is None:
            return say("batch %s:" % name, code)
        texts = []
        for verdict in verdicts:
            error = u',"error":"%s"' % verdict.error.replace(u'"', u'\\"') if verdict.code < 0 else u""
            texts.append(u'{"key":"%s","code":%d%s}' % (verdict.key, verdict.code, error))
        say("batch %s:" % name, name_of(verdicts.code), u"[%s]" % u",".join(texts))

    def simple(self, word, name, call):
        code, value = answer(call)
        say("%s %s:" % (word, name), name_of(value) if value else code)

    def do_cancel(self, name, key):
        self.simple("cancel", name, lambda: alimi.OK if self.clients[name].cancel(key) else alimi.PENDING)

    def do_ack(self, name, key):
        self.simple("ack", name, lambda: self.clients[name].acknowledge(key))

    def do_reload(self, name, config):
        self.simple("reload", name, lambda: self.clients[name].reload(config))

    def do_wake(self, name):
        self.simple("wake", name, self.clients[name].wake)

    def do_flush(self, name, ms):
        call = self.clients[name].flush
        self.simple("flush", name, lambda: alimi.OK if call(int(ms) / 1000.0) else alimi.PENDING)

    def do_close(self, name, ms):
        self.simple("close", name, lambda: self.clients[name].shutdown(int(ms) / 1000.0))

    def do_poll(self, name, ms):
        say("poll %s:" % name, self.polled(name, ms))

    def polled(self, name, ms):
        code, result = answer(lambda: self.clients[name].poll(int(ms) / 1000.0))
        return code + " " + self.full(result) if result else "ALIMI_EMPTY" if code == "ALIMI_OK" else code

    def do_status(self, name, key):
        code, result = answer(lambda: self.clients[name].status(key))
        say("status %s:" % name, code + (" " + self.full(result) if result else ""))

    def full(self, result):
        account = [known for known, text in self.names if text == result.account] or [result.account]
        return "%s attempts=%d account=%s gateway=%s id=%s code=%s times=%d/%d/%d text=%s" % (
            short(result), result.attempts, account[0], result.gateway, "yes" if result.gateway_id else "no",
            result.gateway_code, len(result.created), len(result.sent), len(result.finished), result.text,
        )

    def do_drain(self, name, count):
        client, results = self.clients[name], []
        while len(results) < int(count):
            result = client.poll(WAIT)
            if result is None:
                break
            client.acknowledge(result.key)
            results.append(short(result))
        ended("drain", name, results)

    def do_until(self, name, key, state):
        end = time.time() + WAIT
        while True:
            now = number(u"state", self.clients[name].status(key).state)
            if now == int(state) or time.time() > end:
                return say("until %s: %s state=%d" % (name, key, now))
            time.sleep(0.001)

    # As imported, with the buffer that is asked for.

    def raw(self, word, name, cap, function, *arguments):
        buffer = ctypes.create_string_buffer(max(1, int(cap)))
        code = alimi.functions[function](self.clients[name]._number, *(arguments + (buffer, int(cap))))
        text = " " + buffer.value.decode("utf-8").split(',"account"')[0] if code == alimi.OK else ""
        say("%s %s:" % (word, name), name_of(code) + text)

    def do_polljson(self, name, ms, cap):
        self.raw("polljson", name, cap, "alimi_poll_result_json", int(ms))

    def do_statusjson(self, name, key, cap):
        self.raw("statusjson", name, cap, "alimi_get_status_json", key.encode("ascii"))

    def do_stats(self, name, query):
        code, text = answer(lambda: self.clients[name].statistics(query))
        say("stats %s:" % name, code)
        for line in (text or u"").splitlines():
            say("  " + line.split(u",", 1)[1])

    def do_health(self, name, names):
        code, health = answer(lambda: self.clients[name].health())
        words = []
        if health is not None:
            health["state"] = health["gateways"]["sandbox"]["state"]
            for member in names.split(u","):
                value = health[member]
                shown = ("true" if value else "false") if isinstance(value, bool) else value
                words.append("%s=%s" % (member, '"%s"' % value if isinstance(value, type(u"")) else shown))
        say(" ".join(["health %s: %s" % (name, code)] + words))

    def do_sync(self, name, ms, members):
        code, answered = answer(lambda: self.clients[name].sync_templates(int(ms) / 1000.0))
        if answered is None:
            return say("sync %s:" % name, code)
        report, complete = answered
        text = json.dumps(report, separators=(",", ":"))
        values = [re.split("[,}]", text.split('"%s":' % member, 1)[1])[0] for member in members.split(u",")]
        words = ["%s=%s" % word for word in zip(members.split(u","), values)]
        say(" ".join(["sync %s: %s" % (name, "ALIMI_OK" if complete else "ALIMI_PENDING")] + words))

    def do_thread(self, name, ms):
        def poll():
            self.polled_there = self.polled(name, ms)

        self.other = threading.Thread(target=poll)
        self.other.start()

    def do_join(self):
        self.other.join()
        say("join:", self.polled_there)

    def on_result(self, once):
        def call(client, result):
            client.acknowledge(result.key)
            removed = client.set_result_callback(None) if once else alimi.CALLBACK_RUNNING
            with self.changed:
                if removed == alimi.CALLBACK_RUNNING:
                    self.heard.append(short(result))
                self.changed.notify_all()

        return call

    def do_listen(self, name):
        self.simple("listen", name, lambda: self.clients[name].set_result_callback(self.on_result(False)))

    def do_listenonce(self, name):
        self.simple("listenonce", name, lambda: self.clients[name].set_result_callback(self.on_result(True)))

    def do_unlisten(self, name):
        self.simple("unlisten", name, lambda: self.clients[name].set_result_callback(None))

    def do_heard(self, name, count):
        end = time.time() + WAIT
        with self.changed:
            while len(self.heard) < int(count) and time.time() < end:
                self.changed.wait(WAIT)
            results, self.heard = self.heard, []
        ended("heard", name, results)

    def do_log(self, level):
        def line(level, text):
            self.lines += 1

        say("log:", name_of(alimi.set_log_callback(int(level), line)))

    def do_unlog(self):
        code = alimi.set_log_callback(alimi.LOG_OFF, None)
        say("unlog: %s lines=%s" % (name_of(code), "yes" if self.lines else "no"))


def say(*words):
    # Bytes, so that no console or platform changes them.
    getattr(sys.stdout, "buffer", sys.stdout).write((" ".join(words) + "\n").encode("utf-8"))
    sys.stdout.flush()


def name_of(code):
    return alimi.error_text(code).split(":")[0]


def answer(call):
    """The name of the code, and what came."""
    try:
        return "ALIMI_OK", call()
    except alimi.Error as error:
        assert error.name == name_of(error.code)
        return error.name, None


def number(group, word):
    return getattr(alimi, (group + "_" + word).upper())


def short(result):
    words = " ".join("%s=%d" % (group, number(group, getattr(result, group))) for group in WORDS)
    return "%s %s" % (result.key, words)


def ended(word, name, results):
    say("%s %s: %d" % (word, name, len(results)))
    for result in sorted(results):
        say("  " + result)


def main():
    with io.open(sys.argv[1], encoding="utf-8") as file:
        lines = file.read().split(u"\n")
    cases = List(sys.argv[2])
    for line in lines:
        if line and not line.startswith(u"#"):
            cases.line(line)


if __name__ == "__main__":
    main()
