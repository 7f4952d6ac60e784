// What a .NET program may do to alimi: traps.exe NAME DIRECTORY. It writes "NAME: good", or ends with an exception. Compiled
// against the binding's assembly.
using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
#if !NET35
using System.Threading.Tasks;
#endif
using Alimi;

public sealed class Traps : MarshalByRefObject
{
    private const int WaitMs = 60000;
    private static string directory;

    private static int Main(string[] arguments)
    {
        directory = arguments[1];
        var traps = new Dictionary<string, Action>
        {
            { "threads", Threads }, { "garbage", Garbage }, { "exceptions", Exceptions }, { "exit", Exit },
            { "exitNow", ExitNow }, { "collected", Collected }, { "domains", Domains }, { "arguments", Arguments },
            { "load", Load },
        };
#if !NET35
        traps.Add("tasks", Tasks);
#endif
        traps[arguments[0]]();
        Say(arguments[0] + ": good");
        return 0;
    }

    private static void Say(string line)
    {
        // Under Wine without a console, Console.Out is not to be had.
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(line + "\n");
        Stream output = Console.OpenStandardOutput();
        output.Write(bytes, 0, bytes.Length);
        output.Flush();
    }

    private static AlimiClient Open(string name)
    {
        string outbox = Path.Combine(directory, name + ".db").Replace('\\', '/');
        return new AlimiClient("{\"outbox\":{\"encryption\":\"none\",\"path\":\"" + outbox + "\"},\"logging\":{\"file\":null}," +
            "\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":1}}," +
            "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}}," +
            "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}");
    }

    private static void Send(AlimiClient client, string key)
    {
        string variables = AlimiClient.Lines("name", "김하늘 😀", "time", "9");
        client.SendAlimtalk(key, "010-0000-0001", "visit", variables, "fallback=none");
    }

    private static void Check(bool holds, string what)
    {
        if (!holds) throw new InvalidOperationException(what);
    }

    /// <summary>200 threads send, poll and acknowledge at once; every result comes once.</summary>
    private static void Threads()
    {
        const int threads = 200, each = 5;
        var seen = new Dictionary<string, int>();
        int left = threads * each;
        using (AlimiClient client = Open("threads"))
        {
            var all = new Thread[threads];
            for (int i = 0; i < threads; i++)
            {
                string name = "T" + i + "-";
                all[i] = new Thread(delegate()
                {
                    for (int n = 0; n < each; n++) Send(client, name + n);
                    while (Thread.VolatileRead(ref left) > 0)
                    {
                        AlimiResult result = client.PollResult(WaitMs);
                        if (result == null) continue;
                        client.AckResult(result.Key);
                        lock (seen) seen[result.Key] = seen.ContainsKey(result.Key) ? 2 : 1;
                        Interlocked.Decrement(ref left);
                    }
                    client.Wake();
                }, 256 * 1024);
                all[i].Start();
            }
            foreach (Thread thread in all) thread.Join();
        }
        Check(seen.Count == threads * each && !seen.ContainsValue(2), seen.Count + " results, or one twice");
    }

    /// <summary>The garbage collector runs during polls, sends and callbacks.</summary>
    private static void Garbage()
    {
        const int messages = 100;
        bool stop = false;
        var collector = new Thread(delegate()
        {
            while (!stop)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
                Thread.Sleep(0);
            }
        });
        collector.IsBackground = true;
        collector.Start();
        int lines = 0, left = messages;
        var done = new ManualResetEvent(false);
        Action<AlimiResult> take = delegate { if (Interlocked.Decrement(ref left) == 0) done.Set(); };
        AlimiClient.SetLogHandler(AlimiLog.Trace, delegate { Interlocked.Increment(ref lines); });
        using (AlimiClient client = Open("garbage"))
        {
            client.SetResultHandler(delegate(AlimiResult result) { client.AckResult(result.Key); take(result); });
            for (int i = 0; i < messages; i++)
            {
                Send(client, "G" + i);
                AlimiResult polled = client.PollResult(0);
                if (polled != null) take(polled);
            }
            Check(done.WaitOne(WaitMs) && lines > 0, "every result and the log came");
        }
        AlimiClient.SetLogHandler(AlimiLog.Off, null);
        stop = true;
        collector.Join();
    }

    /// <summary>What handlers throw is told to who asks; even when that throws too, all goes on.</summary>
    private static void Exceptions()
    {
        int told = 0, heard = 0;
        var done = new ManualResetEvent(false);
        AlimiClient.HandlerFailed += delegate
        {
            Interlocked.Increment(ref told);
            throw new InvalidOperationException("this throws as well");
        };
        AlimiClient.SetLogHandler(AlimiLog.Trace, delegate { throw new InvalidOperationException("made up"); });
        using (AlimiClient client = Open("exceptions"))
        {
            client.SetResultHandler(delegate
            {
                if (Interlocked.Increment(ref heard) == 3) done.Set();
                throw new InvalidOperationException("made up");
            });
            for (int i = 0; i < 3; i++) Send(client, "E" + i);
            Check(done.WaitOne(WaitMs), "each result reached the handler");
            Check(client.GetStatus("E0").State == AlimiState.Delivered, "the client goes on");
            Check(client.SetResultHandler(null) == AlimiCode.Ok, "the handler is removed");
        }
        AlimiClient.SetLogHandler(AlimiLog.Off, null);
        Check(told > 3, "it was told " + told + " times");
    }

    /// <summary>The program ends with live clients, a handler, a log and a poll that waits; finalizers may run.</summary>
    private static void Exit()
    {
        AlimiClient client = Open("exit"), second = Open("exit-2");
        var heard = new ManualResetEvent(false);
        AlimiClient.SetLogHandler(AlimiLog.Trace, delegate { });
        client.SetResultHandler(delegate { heard.Set(); });
        var poll = new Thread(delegate() { second.PollResult(3600000); });
        poll.IsBackground = true;
        poll.Start();
        for (int i = 0; i < 50; i++) Send(client, "X" + i);
        Check(heard.WaitOne(WaitMs), "a result reached the handler");
    }

    /// <summary>The same by Environment.Exit while a handler runs.</summary>
    private static void ExitNow()
    {
        AlimiClient client = Open("exit-now");
        var heard = new ManualResetEvent(false);
        client.SetResultHandler(delegate { heard.Set(); });
        for (int i = 0; i < 50; i++) Send(client, "X" + i);
        heard.WaitOne();
        Say("exitNow: good");
        Environment.Exit(0);
    }

    /// <summary>A client that nobody refers to frees its outbox; one that is in a call, or has a handler, is kept.</summary>
    private static void Collected()
    {
        Forget();
        DateTime end = DateTime.UtcNow.AddMilliseconds(WaitMs);
        AlimiClient again = null;
        while (again == null)
        {
            // A conservative collector may still see the old reference in a place of the stack: use that.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            try { again = Open("collected"); }
            catch (AlimiException error)
            {
                Check(error.Code == AlimiCode.OutboxLocked && DateTime.UtcNow < end, error.Message);
            }
        }
        again.Dispose();
        again.Dispose();
        var collector = new Thread(delegate() { for (;;) { GC.Collect(); GC.WaitForPendingFinalizers(); } });
        collector.IsBackground = true;
        collector.Start();
        Check(Open("collected").PollResult(300) == null, "a poll ends in time though nobody refers to its client");
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget()
    {
        // Deep enough that what follows does not find the reference on the stack.
        var thread = new Thread(delegate() { Open("collected"); });
        thread.Start();
        thread.Join();
    }

    /// <summary>An application domain ends with a live client and handlers, as a web site that restarts.</summary>
    private static void Domains()
    {
        // 2 and 4 are the .NET Framework; Mono says 4.
        if (Environment.Version.Major == 3 || Environment.Version.Major > 4)
        {
            Say("domains: this .NET has one only");
            return;
        }
        TwoDomains();
    }

    private static void TwoDomains()
    {
        AppDomain other = AppDomain.CreateDomain("other", null, AppDomain.CurrentDomain.SetupInformation);
        var there = (Traps)other.CreateInstanceAndUnwrap(typeof(Traps).Assembly.FullName, typeof(Traps).FullName);
        there.Live(directory);
        AppDomain.Unload(other);
        using (AlimiClient client = Open("domains"))
        {
            Send(client, "D-after");
            for (;;)
            {
                AlimiResult result = client.PollResult(WaitMs);
                Check(result != null, "a result came");
                client.AckResult(result.Key);
                if (result.Key == "D-after") break;
            }
        }
    }

    public void Live(string place)
    {
        directory = place;
        var client = Open("domains");
        var heard = new ManualResetEvent(false);
        AlimiClient.SetLogHandler(AlimiLog.Trace, delegate { });
        client.SetResultHandler(delegate { heard.Set(); });
        for (int i = 0; i < 50; i++) Send(client, "D" + i);
        Check(heard.WaitOne(WaitMs), "a result reached the handler");
    }

    /// <summary>A text that the library could take only in part is refused, and disposing twice is nothing.</summary>
    private static void Arguments()
    {
        AlimiClient client = Open("arguments");
        try { client.SendText("A", "010-0000-0001", "cut\0here"); Check(false, "a text with U+0000 was taken"); }
        catch (ArgumentException error) { Check(error.Message.Contains("U+0000 at 3"), error.Message); }
        try { client.SendText("A", null, "text"); Check(false, "no recipient"); }
        catch (AlimiException error)
        {
            Check(error.Code == AlimiCode.InvalidArgument && error.Message.Contains("to: is NULL"), error.Message);
        }
        client.Dispose();
        client.Dispose();
        try { client.GetHealth(); Check(false, "a closed client answered"); }
        catch (AlimiException error) { Check(error.Code == AlimiCode.InvalidHandle, error.Message); }
        Check(AlimiClient.Lines("a", "1\n2\\", "b", null) == "a=1\\n2\\\\\n", "lines");
    }

#if !NET35
    /// <summary>The wrapper for programs with windows; cancelling ends a wait.</summary>
    private static void Tasks()
    {
        using (AlimiClient client = Open("tasks"))
        using (var cancel = new CancellationTokenSource())
        {
            string variables = AlimiClient.Lines("name", "A", "time", "9");
            Check(client.SendAlimtalkAsync("T1", "010-0000-0001", "visit", variables).Result.Text == "T1", "the key");
            Check(client.PollResultAsync(WaitMs).Result.Key == "T1", "the result");
            Task<AlimiResult> waiting = client.PollResultAsync(3600000, cancel.Token);
            cancel.Cancel();
            try { waiting.Wait(); Check(false, "a cancelled poll gave a result"); }
            catch (AggregateException error) { Check(error.InnerException is OperationCanceledException, error.ToString()); }
        }
    }
#endif

    /// <summary>Only loads the library, for what it says where it cannot.</summary>
    private static void Load()
    {
        try { Say(AlimiClient.Version()); }
        catch (DllNotFoundException error) { Say(error.Message); }
    }
}
