using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace Alimi
{
    /// <summary>Finds and loads the native library, and holds its functions; include/alimi.h tells what each does.
    /// It is loaded at the first call, for the processor this process runs on. Searched, in this order:
    /// 1. the file that the environment variable ALIMI_LIBRARY names; where it is set, nothing else;
    /// 2. beside this assembly, beside the program, in its private path (bin of a web site) and where .NET keeps what comes
    ///    with packages: runtimes/win-x64/native/alimi.dll, win-x64/alimi.dll, x64/alimi.dll, alimi.dll;
    ///    win-x86, linux-x64, linux-x86 and linux-arm64 likewise;
    /// 3. the search path of the system.</summary>
    internal static class Native
    {
        /// <summary>The oldest library that has all functions of this binding.</summary>
        internal static readonly Version Oldest = new Version(0, 1, 0);

        private static readonly bool Windows = Path.DirectorySeparatorChar == '\\';
        private static readonly string FileName = Windows ? "alimi.dll" : "libalimi.so";
        private static readonly int Bits = 8 * IntPtr.Size;
        private static readonly object Lock = new object();
        private static volatile Functions loaded;

        /// <summary>The functions; the first call loads the library. Not in a static constructor: what fails there is told
        /// once and never again.</summary>
        internal static Functions Call
        {
            get
            {
                if (loaded != null) return loaded;
                lock (Lock) return loaded ?? (loaded = Load());
            }
        }

        private static Functions Load()
        {
            var tried = new StringBuilder();
            foreach (string file in Candidates())
            {
                bool named = file.IndexOf(Path.DirectorySeparatorChar) >= 0;
                string error = named && !File.Exists(file) ? "not there" : null;
                IntPtr module = error == null ? Open(file, named, out error) : IntPtr.Zero;
                if (module != IntPtr.Zero) return Bind(file, module);
                tried.Append("\n  ").Append(file).Append(named ? ": " : " in the search path of the system: ").Append(error);
            }
            string folder = (Windows ? "win-" : "linux-") + (Bits == 64 ? "x64" : "x86");
            throw new DllNotFoundException("alimi: " + FileName + " could not be loaded into this " + Bits +
                "-bit process. Looked for:" + tried + "\nPut " + FileName + " of the release's folder " + folder +
                " beside the program, or name its full path in the environment variable ALIMI_LIBRARY.");
        }

        private static IEnumerable<string> Candidates()
        {
            string given = Environment.GetEnvironmentVariable("ALIMI_LIBRARY");
            if (!string.IsNullOrEmpty(given)) return new[] { Path.GetFullPath(given) };
            string[] processors = Bits == 32 ? new[] { "x86" } : Windows ? new[] { "x64" } : new[] { "x64", "arm64" };
            var files = new List<string>();
            foreach (string folder in Folders())
            {
                foreach (string processor in processors)
                {
                    string platform = (Windows ? "win-" : "linux-") + processor;
                    string native = Path.Combine(Path.Combine("runtimes", platform), "native");
                    foreach (string place in new[] { native, platform, processor })
                        files.Add(Path.Combine(Path.Combine(folder, place), FileName));
                }
                files.Add(Path.Combine(folder, FileName));
            }
            files.Add(FileName);
            return files;
        }

        private static IEnumerable<string> Folders()
        {
            AppDomain domain = AppDomain.CurrentDomain;
            var listed = new List<string> { Path.GetDirectoryName(typeof(Native).Assembly.Location), domain.BaseDirectory };
            string packages = domain.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string;
            foreach (string list in new[] { domain.RelativeSearchPath, packages })
                listed.AddRange((list ?? "").Split(Path.PathSeparator));
            var folders = new List<string>();
            foreach (string entry in listed)
            {
                if (string.IsNullOrEmpty(entry)) continue;
                string folder = Path.Combine(domain.BaseDirectory, entry).TrimEnd(Path.DirectorySeparatorChar);
                if (!folders.Contains(folder)) folders.Add(folder);
            }
            return folders;
        }

        private static IntPtr Open(string file, bool named, out string error)
        {
            error = null;
            // The runtime finds an import at its first call, and forgets an error by that.
            if (!Windows) dlerror();
            IntPtr module = Windows ? LoadLibraryEx(file, IntPtr.Zero, named ? WithItsOwnFolder : 0) : dlopen(file, Now);
            if (module != IntPtr.Zero) return module;
            int code = Windows ? Marshal.GetLastWin32Error() : 0;
            error = !Windows ? Marshal.PtrToStringAnsi(dlerror())
                : code == WrongProcessor ? "is not for a " + Bits + "-bit process (Windows error 193)"
                : "Windows error " + code;
            return IntPtr.Zero;
        }

        private static Functions Bind(string file, IntPtr module)
        {
            var functions = new Functions();
            string version = "a library without alimi_version", missing = null;
            foreach (FieldInfo field in typeof(Functions).GetFields(BindingFlags.Instance | BindingFlags.NonPublic))
            {
                IntPtr address = Windows ? GetProcAddress(module, field.Name) : dlsym(module, field.Name);
                if (address == IntPtr.Zero) missing = missing ?? field.Name;
                else field.SetValue(functions, Marshal.GetDelegateForFunctionPointer(address, field.FieldType));
            }
            var buffer = new byte[16];
            if (functions.alimi_version != null && functions.alimi_version(buffer, buffer.Length) == 0)
                version = Encoding.ASCII.GetString(buffer, 0, Array.IndexOf(buffer, (byte)0));
            if (missing == null && IsRecent(version)) return functions;
            throw new DllNotFoundException("alimi: " + file + " is " + version +
                (missing == null ? "" : " and has no " + missing) + "; this binding needs " + Oldest +
                " or newer. Replace it with the one of the same release as this assembly.");
        }

        private static bool IsRecent(string version)
        {
            try { return new Version(version.Split('-')[0]) >= Oldest; }
            catch (ArgumentException) { return false; }
            catch (FormatException) { return false; }
        }

        private const uint WithItsOwnFolder = 8; // LOAD_WITH_ALTERED_SEARCH_PATH
        private const int WrongProcessor = 193; // ERROR_BAD_EXE_FORMAT
        private const int Now = 2; // RTLD_NOW

        [DllImport("kernel32", EntryPoint = "LoadLibraryExW", CharSet = CharSet.Unicode, SetLastError = true)]
        private static extern IntPtr LoadLibraryEx(string file, IntPtr reserved, uint flags);
        [DllImport("kernel32", CharSet = CharSet.Ansi, ExactSpelling = true)]
        private static extern IntPtr GetProcAddress(IntPtr module, string name);
        [DllImport("libdl.so.2")]
        private static extern IntPtr dlopen(string file, int flags);
        [DllImport("libdl.so.2")]
        private static extern IntPtr dlsym(IntPtr module, string name);
        [DllImport("libdl.so.2")]
        private static extern IntPtr dlerror();

        // The system's convention: stdcall on 32-bit Windows.
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int OfNumber(int a);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int OfNumbers(int a, int b);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int OfText(int client, byte[] text);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int Out(byte[] buf, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int NumberOut(int a, byte[] buf, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int TextOut(int client, byte[] text, byte[] buf, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int NumbersOut(int client, int timeoutMs, byte[] buf, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)] internal delegate int Init(byte[] config, out int client);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int Poll(int client, int timeoutMs, byte[] result);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int Status(int client, byte[] key, byte[] result);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int Alimtalk(int client, byte[] key, byte[] to, byte[] template, byte[] variables,
            byte[] options, byte[] outKey, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int SendText(int client, byte[] key, byte[] to, byte[] text, byte[] options, byte[] outKey, int cap);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate void Callback(int number, IntPtr bytes, IntPtr context);
        [UnmanagedFunctionPointer(CallingConvention.Winapi)]
        internal delegate int SetCallback(int number, Callback function, IntPtr context);

        /// <summary>The table of imports: each field is the function of its name.</summary>
        internal sealed class Functions
        {
#pragma warning disable 649 // set by Bind
            internal Out alimi_version, alimi_last_error;
            internal NumberOut alimi_error_text, alimi_get_health;
            internal Init alimi_init;
            internal OfNumbers alimi_shutdown, alimi_flush;
            internal Alimtalk alimi_send_alimtalk;
            internal SendText alimi_send_text;
            internal TextOut alimi_send_batch, alimi_get_stats, alimi_get_status_json;
            internal OfText alimi_reload, alimi_cancel, alimi_ack_result;
            internal Poll alimi_poll_result;
            internal NumbersOut alimi_poll_result_json, alimi_sync_templates;
            internal Status alimi_get_status;
            internal OfNumber alimi_wake;
            internal SetCallback alimi_set_log_callback, alimi_set_result_callback;
#pragma warning restore 649
        }
    }
}
