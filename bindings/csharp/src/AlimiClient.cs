using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
#if !NET35
using System.Threading.Tasks;
#endif

namespace Alimi
{
    /// <summary>A client with its outbox. Any method may be called from any thread; none waits for the network. What alimi
    /// refuses is an AlimiException, and nothing has changed then.
    /// Keep it referenced while it shall send: one that is collected shuts down. What was accepted is never lost, it goes on
    /// at the next start.</summary>
    public sealed class AlimiClient : IDisposable
    {
        private const int DisposeTimeoutMs = 5000;
        private const int BufferSize = 4096;

        // Two functions for all clients, referenced as long as this domain lives: none is collected under a call. What they
        // look for is found by its number.
        private static readonly Native.Callback OnResultFunction = OnResult;
        private static readonly Native.Callback OnLogFunction = OnLog;
        private static readonly Dictionary<int, Listener> Clients = new Dictionary<int, Listener>();
        private static Action<AlimiLogLine> logHandler;
        private static bool leaving;

        /// <summary>Refers to a client that has a handler; of one without, the number is kept alone.</summary>
        private struct Listener { internal AlimiClient Client; internal Action<AlimiResult> Handler; }

        private readonly Encoding encoding;
        private readonly int client;

        /// <summary>What a handler of results or of the log threw. Without it, that is dropped.</summary>
        public static event Action<Exception> HandlerFailed;

        /// <summary>A client whose configuration, JSON text or the path of a JSON file, leaves the encoding at UTF-8.</summary>
        public AlimiClient(string config) : this(config, Encoding.UTF8) { }

        /// <summary>The same where the configuration says "encoding": "cp949": Cp949().</summary>
        public AlimiClient(string config, Encoding encoding)
        {
            this.encoding = Strict(encoding);
            LeaveInOrder();
            Check(Native.Call.alimi_init(Bytes("config", config, Strict(Encoding.UTF8)), out client), Encoding.UTF8);
            lock (Clients) Clients[client] = new Listener();
        }

        /// <summary>The encoding of a configuration that says "encoding": "cp949". .NET Core and later have it, but give it
        /// only to those who register it.</summary>
        public static Encoding Cp949()
        {
            Type provider = Type.GetType("System.Text.CodePagesEncodingProvider, System.Text.Encoding.CodePages");
            object found = null;
            if (provider != null)
            {
                object instance = provider.GetProperty("Instance").GetValue(null, null);
                found = provider.GetMethod("GetEncoding", new[] { typeof(int) }).Invoke(instance, new object[] { 949 });
            }
            return (Encoding)found ?? Encoding.GetEncoding(949);
        }

        /// <summary>The version of the native library.</summary>
        public static string Version()
        {
            return Text(16, Encoding.ASCII, delegate(byte[] buf) { return Native.Call.alimi_version(buf, buf.Length); }).Text;
        }

        /// <summary>Name and meaning of a code.</summary>
        public static string ErrorText(AlimiCode code)
        {
            return Text(AlimiLimits.ErrorSize, Encoding.ASCII,
                delegate(byte[] buf) { return Native.Call.alimi_error_text((int)code, buf, buf.Length); }).Text;
        }

        /// <summary>Accepts one AlimTalk; when it returns, the message is on disk. key is your own id of it (null: alimi makes
        /// one); variables and options are "name=value" lines, see Lines, or a JSON object, or null.</summary>
        public AlimiReceipt SendAlimtalk(string key, string to, string template, string variables, string options = null)
        {
            byte[] k = In("key", key), t = In("to", to), n = In("template", template), v = In("variables", variables),
                o = In("options", options);
            return Text(AlimiLimits.KeySize,
                delegate(byte[] buf) { return Native.Call.alimi_send_alimtalk(client, k, t, n, v, o, buf, buf.Length); });
        }

        /// <summary>Accepts one SMS, LMS or MMS; else as SendAlimtalk.</summary>
        public AlimiReceipt SendText(string key, string to, string text, string options = null)
        {
            byte[] k = In("key", key), t = In("to", to), x = In("text", text), o = In("options", options);
            return Text(AlimiLimits.KeySize,
                delegate(byte[] buf) { return Native.Call.alimi_send_text(client, k, t, x, o, buf, buf.Length); });
        }

        /// <summary>Accepts many messages, a JSON array, with one write to the disk; the receipt holds a verdict for
        /// each.</summary>
        public AlimiReceipt SendBatch(string messagesJson)
        {
            byte[] m = In("messages", messagesJson);
            return Text(BufferSize, delegate(byte[] buf) { return Native.Call.alimi_send_batch(client, m, buf, buf.Length); });
        }

        /// <summary>Cancels what has not left; its result is polled like every other. Ok, or Pending: the message is reserved at
        /// its gateway, which is asked to take it back; the result says whether it did.</summary>
        public AlimiCode Cancel(string key) { return Check(Native.Call.alimi_cancel(client, In("key", key))); }

        /// <summary>Takes the next final result, or null when none comes in time. Store it, then call AckResult.</summary>
        public AlimiResult PollResult(int timeoutMs)
        {
            byte[] room = AlimiResult.Room();
            AlimiCode code = Check(Native.Call.alimi_poll_result(client, timeoutMs, room));
            return code == AlimiCode.Empty ? null : new AlimiResult(room, encoding);
        }

        /// <summary>The same with every member whole, as a flat JSON object; null when none comes in time.</summary>
        public string PollResultJson(int timeoutMs)
        {
            AlimiReceipt answer = Text(BufferSize,
                delegate(byte[] buf) { return Native.Call.alimi_poll_result_json(client, timeoutMs, buf, buf.Length); });
            return answer.Code == AlimiCode.Empty ? null : answer.Text;
        }

        /// <summary>Lets a result go, once it is stored.</summary>
        public void AckResult(string key) { Check(Native.Call.alimi_ack_result(client, In("key", key))); }

        /// <summary>Where a message stands, or how it ended.</summary>
        public AlimiResult GetStatus(string key)
        {
            byte[] room = AlimiResult.Room();
            Check(Native.Call.alimi_get_status(client, In("key", key), room));
            return new AlimiResult(room, encoding);
        }

        /// <summary>The same with every member whole, as a flat JSON object.</summary>
        public string GetStatusJson(string key)
        {
            byte[] k = In("key", key);
            return Text(BufferSize,
                delegate(byte[] buf) { return Native.Call.alimi_get_status_json(client, k, buf, buf.Length); }).Text;
        }

        /// <summary>Gives the running client another configuration; on an error nothing has changed.</summary>
        public void Reload(string config) { Check(Native.Call.alimi_reload(client, Bytes("config", config, Strict(Encoding.UTF8)))); }

        /// <summary>Asks every gateway for its approved templates and compares them with the configuration. The receipt holds
        /// the report, a JSON object; Pending when the time ran out and asking goes on.</summary>
        public AlimiReceipt SyncTemplates(int timeoutMs)
        {
            return Text(BufferSize,
                delegate(byte[] buf) { return Native.Call.alimi_sync_templates(client, timeoutMs, buf, buf.Length); });
        }

        /// <summary>Ends the waiting polls, or the next one where none waits.</summary>
        public void Wake() { Check(Native.Call.alimi_wake(client)); }

        /// <summary>Waits until nothing is due or under way: Ok, or Pending when the time ran out.</summary>
        public AlimiCode Flush(int timeoutMs) { return Check(Native.Call.alimi_flush(client, timeoutMs)); }

        /// <summary>Statistics as JSON or CSV; null for everything.</summary>
        public string GetStats(string query)
        {
            byte[] q = In("query", query);
            return Text(BufferSize,
                delegate(byte[] buf) { return Native.Call.alimi_get_stats(client, q, buf, buf.Length); }).Text;
        }

        /// <summary>How the client is, as a JSON object.</summary>
        public string GetHealth()
        {
            return Text(BufferSize,
                delegate(byte[] buf) { return Native.Call.alimi_get_health(client, buf, buf.Length); }).Text;
        }

        /// <summary>Hands results to a handler, on one thread of alimi; null removes it. Answers Ok, or CallbackRunning when a
        /// call of the handler before goes on.</summary>
        public AlimiCode SetResultHandler(Action<AlimiResult> handler)
        {
            Listener before;
            lock (Clients)
            {
                // Without an entry it was shut down, which the library says.
                if (Clients.TryGetValue(client, out before))
                    Clients[client] = new Listener { Client = handler == null ? null : this, Handler = handler };
            }
            int code = Native.Call.alimi_set_result_callback(client, handler == null ? null : OnResultFunction, IntPtr.Zero);
            if (code < 0) lock (Clients) if (Clients.ContainsKey(client)) Clients[client] = before;
            return Check(code);
        }

        /// <summary>Hands the log of all clients, up to a level, to a handler, on several threads at once; null removes it.
        /// Answers as SetResultHandler.</summary>
        public static AlimiCode SetLogHandler(AlimiLog level, Action<AlimiLogLine> handler)
        {
            LeaveInOrder();
            Action<AlimiLogLine> before = Interlocked.Exchange(ref logHandler, handler);
            int code = Native.Call.alimi_set_log_callback((int)level, handler == null ? null : OnLogFunction, IntPtr.Zero);
            if (code < 0) logHandler = before;
            return Check(code, Encoding.UTF8);
        }

        /// <summary>Stops the client: Ok when the outbox is empty, Pending when messages remain for the next start,
        /// CallbackRunning.</summary>
        public AlimiCode Shutdown(int timeoutMs)
        {
            int code = Native.Call.alimi_shutdown(client, timeoutMs);
            if (code >= 0) lock (Clients) Clients.Remove(client);
            return Check(code);
        }

        /// <summary>Shutdown with five seconds; doing so again is nothing.</summary>
        public void Dispose()
        {
            GC.SuppressFinalize(this);
            try { Shutdown(DisposeTimeoutMs); }
            catch (AlimiException error)
            {
                if (error.Code != AlimiCode.InvalidHandle && error.Code != AlimiCode.Closed) throw;
            }
        }

        /// <summary>Frees the outbox of a client that nobody refers to.</summary>
        ~AlimiClient()
        {
            // An exception on this thread would end the program.
            try { if (client > 0) Shutdown(0); }
            catch (Exception) { }
        }

#if !NET35
        /// <summary>SendAlimtalk on a thread of the pool, for programs with windows.</summary>
        public Task<AlimiReceipt> SendAlimtalkAsync(string key, string to, string template, string variables,
            string options = null)
        {
            return Task.Factory.StartNew(() => SendAlimtalk(key, to, template, variables, options));
        }

        /// <summary>The next final result, null when none comes in time. Cancelling loses none.</summary>
        public Task<AlimiResult> PollResultAsync(int timeoutMs, CancellationToken cancel = default(CancellationToken))
        {
            return Task.Factory.StartNew(() =>
            {
                using (cancel.Register(Wake))
                {
                    AlimiResult result = PollResult(timeoutMs);
                    if (result == null) cancel.ThrowIfCancellationRequested();
                    return result;
                }
            }, cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
#endif

        /// <summary>"name=value" lines of names and values by turns; null values are left out.</summary>
        public static string Lines(params string[] namesAndValues)
        {
            var lines = new StringBuilder();
            for (int i = 0; i + 1 < namesAndValues.Length; i += 2)
            {
                string value = namesAndValues[i + 1];
                if (value == null) continue;
                lines.Append(namesAndValues[i]).Append('=');
                lines.Append(value.Replace("\\", "\\\\").Replace("\n", "\\n")).Append('\n');
            }
            return lines.ToString();
        }

        private static void OnResult(int number, IntPtr bytes, IntPtr context)
        {
            try
            {
                Listener listener;
                lock (Clients) if (!Clients.TryGetValue(number, out listener) || listener.Client == null) return;
                var result = new byte[AlimiResult.Size];
                Marshal.Copy(bytes, result, 0, result.Length);
                listener.Handler(new AlimiResult(result, listener.Client.encoding));
            }
            catch (Exception error) { Tell(error); }
        }

        private static void OnLog(int level, IntPtr text, IntPtr context)
        {
            try
            {
                Action<AlimiLogLine> handler = logHandler;
                int length = 0;
                while (Marshal.ReadByte(text, length) != 0) length++;
                var bytes = new byte[length];
                Marshal.Copy(text, bytes, 0, length);
                if (handler != null) handler(new AlimiLogLine((AlimiLog)level, Encoding.UTF8.GetString(bytes)));
            }
            catch (Exception error) { Tell(error); }
        }

        /// <summary>No exception may go back into the library.</summary>
        private static void Tell(Exception error)
        {
            try { Action<Exception> told = HandlerFailed; if (told != null) told(error); }
            catch (Exception) { }
        }

        /// <summary>A domain that ends takes its functions with it, and the library outlives it (web sites restart so): they
        /// are taken back before. Polls are ended, because Mono waits for threads that are in one.</summary>
        private static void LeaveInOrder()
        {
            lock (Clients) { if (leaving) return; leaving = true; }
            AppDomain.CurrentDomain.ProcessExit += delegate { TakeBack(); };
            AppDomain.CurrentDomain.DomainUnload += delegate { TakeBack(); };
        }

        private static void TakeBack()
        {
            var open = new Dictionary<int, Listener>();
            lock (Clients) foreach (KeyValuePair<int, Listener> entry in Clients) open.Add(entry.Key, entry.Value);
            foreach (KeyValuePair<int, Listener> entry in open)
            {
                if (entry.Value.Client != null) Native.Call.alimi_set_result_callback(entry.Key, null, IntPtr.Zero);
                Native.Call.alimi_wake(entry.Key);
            }
            if (logHandler != null) Native.Call.alimi_set_log_callback((int)AlimiLog.Off, null, IntPtr.Zero);
        }

        internal int Handle { get { return client; } }

        private byte[] In(string name, string text) { return Bytes(name, text, encoding); }

        /// <summary>Never a replacement for a character, never a cut: what cannot be written, or would end the text, is
        /// refused.</summary>
        private static byte[] Bytes(string name, string text, Encoding encoding)
        {
            if (text == null) return null;
            int end = text.IndexOf('\0');
            if (end >= 0) throw new ArgumentException("holds the character U+0000 at " + end, name);
            try { return encoding.GetBytes(text + "\0"); }
            catch (EncoderFallbackException)
            {
                throw new ArgumentException("holds a character that " + encoding.WebName + " lacks", name);
            }
        }

        private static Encoding Strict(Encoding encoding)
        {
            var strict = (Encoding)encoding.Clone();
            strict.EncoderFallback = EncoderFallback.ExceptionFallback;
            return strict;
        }

        private delegate int Call(byte[] buf);

        private AlimiReceipt Text(int size, Call call)
        {
            AlimiReceipt answer = Text(size, encoding, call);
            GC.KeepAlive(this);
            return answer;
        }

        /// <summary>Calls with a buffer, and once more with a larger one where the library asks for it.</summary>
        private static AlimiReceipt Text(int size, Encoding encoding, Call call)
        {
            var buf = new byte[size];
            int code = call(buf);
            while (code == (int)AlimiCode.BufferTooSmall)
            {
                buf = new byte[int.Parse(Encoding.ASCII.GetString(buf, 0, Array.IndexOf(buf, (byte)0)))];
                code = call(buf);
            }
            Check(code, encoding);
            return new AlimiReceipt(code, encoding.GetString(buf, 0, Array.IndexOf(buf, (byte)0)));
        }

        /// <summary>Also keeps the client from being collected during the call that came before.</summary>
        private AlimiCode Check(int code)
        {
            GC.KeepAlive(this);
            return Check(code, encoding);
        }

        private static AlimiCode Check(int code, Encoding encoding)
        {
            if (code < 0) throw new AlimiException(code, LastError(encoding));
            return (AlimiCode)code;
        }

        /// <summary>The details of the last error of the calling thread, in the encoding of its client; exceptions carry them
        /// already.</summary>
        public static string LastError(Encoding encoding)
        {
            var buf = new byte[AlimiLimits.ErrorSize];
            Native.Call.alimi_last_error(buf, buf.Length);
            return encoding.GetString(buf, 0, Array.IndexOf(buf, (byte)0));
        }
    }

    /// <summary>A line of the log.</summary>
    public sealed class AlimiLogLine
    {
        internal AlimiLogLine(AlimiLog level, string text) { Level = level; Text = text; }
        /// <summary>How grave it is.</summary>
        public AlimiLog Level { get; private set; }
        /// <summary>The line, without personal data.</summary>
        public string Text { get; private set; }
    }
}
