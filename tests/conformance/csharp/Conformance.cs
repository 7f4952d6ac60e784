// Runs the conformance list in C#: conformance.exe CASES DIRECTORY. ../README.md explains the list. Compiled together with
// the binding, so that it may call the imports themselves.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading;
using Alimi;

internal sealed class Conformance
{
    private const int WaitMs = 20000;
    private delegate string Answer();
    private delegate int Import(byte[] buf);

    private readonly StreamWriter output = new StreamWriter(Console.OpenStandardOutput(), new ASCIIEncoding());
    private readonly string directory;
    // From the first that was defined to the last.
    private readonly List<string> order = new List<string>();
    private readonly Dictionary<string, string> names = new Dictionary<string, string>();
    private readonly Dictionary<string, AlimiClient> clients = new Dictionary<string, AlimiClient>();
    private readonly List<string> ended = new List<string>();
    private int lines;
    private string[] fields;
    private string number;
    private Thread other;
    private string joined;

    private Conformance(string directory) { this.directory = directory; }

    private static void Main(string[] arguments)
    {
        new Conformance(Path.GetFullPath(arguments[1])).Run(File.ReadAllLines(arguments[0], new UTF8Encoding()));
    }

    private void Run(string[] list)
    {
        int cases = 0;
        Define("$tomorrow", DateTime.UtcNow.AddHours(24 + 9).ToString("yyyyMMddHHmmss"));
        Define("$outbox", "");
        foreach (string line in list)
        {
            if (line.Length == 0 || line[0] == '#') continue;
            fields = line.Split('|');
            if (fields[0] == "let" || fields[0] == "config") Define(fields[1], fields[2]);
            else if (fields[0] == "repeat")
                Define(fields[1], new StringBuilder().Insert(0, fields[3], int.Parse(fields[2])).ToString());
            else if (fields[0] == "case")
            {
                number = (++cases).ToString("00");
                Define("$outbox", directory.Replace('\\', '/') + "/case-" + number + ".db");
                Print("");
                Print(number + " " + fields[1]);
            }
            else
            {
                for (int i = 1; i < fields.Length; i++) fields[i] = Expand(fields[i]);
                if (!WithoutClient()) OfClient();
            }
            output.Flush();
        }
    }

    private void Define(string name, string text)
    {
        if (!names.ContainsKey(name)) order.Add(name);
        names[name] = text;
    }

    private string Expand(string field)
    {
        for (int i = order.Count - 1; i >= 0; i--) field = field.Replace(order[i], names[order[i]]);
        return field.Replace("\\n", "\n");
    }

    private string F(int at) { return at < fields.Length ? fields[at] : ""; }

    private int N(int at) { return int.Parse(F(at)); }

    private void Print(string line) { output.Write(line + "\n"); }

    private static string Name(AlimiCode code)
    {
        string text = AlimiClient.ErrorText(code);
        return text.Substring(0, text.IndexOf(':'));
    }

    /// <summary>The name of the code, or that of the exception.</summary>
    private static string Code(Answer answer)
    {
        try { return answer(); }
        catch (AlimiException error) { return Name(error.Code); }
    }

    private void Say(Answer answer) { Print(F(0) + " " + F(1) + ": " + Code(answer)); }

    private static string Ended(AlimiResult result)
    {
        return result.Key + " state=" + (int)result.State + " channel=" + (int)result.Channel + " certainty=" +
            (int)result.Certainty + " reason=" + (int)result.Reason;
    }

    private string Describe(AlimiResult result)
    {
        if (result == null) return "ALIMI_EMPTY";
        string account = order.Find(delegate(string name) { return result.Account != "" && names[name] == result.Account; });
        return "ALIMI_OK " + Ended(result) + " attempts=" + result.Attempts + " account=" + (account ?? result.Account) +
            " gateway=" + result.Gateway + " id=" + (result.GatewayId == "" ? "no" : "yes") + " code=" +
            result.GatewayCode + " times=" + result.Created.Length + "/" + result.Sent.Length + "/" +
            result.Finished.Length + " text=" + result.Text;
    }

    private bool WithoutClient()
    {
        switch (fields[0])
        {
            case "version":
                var version = new StringBuilder();
                foreach (char c in AlimiClient.Version()) version.Append(char.IsDigit(c) ? '9' : c);
                Print("version: ALIMI_OK " + version);
                return true;
            case "errortext": Say(delegate { return AlimiClient.ErrorText((AlimiCode)N(1)); }); return true;
            case "error": Print("error: " + AlimiClient.LastError(Encoding.UTF8)); return true;
            case "join":
                other.Join();
                Print("join: " + joined);
                return true;
            case "log":
                Action<AlimiLogLine> count = delegate(AlimiLogLine line)
                {
                    if (line.Level > AlimiLog.Off && line.Text != "") Interlocked.Increment(ref lines);
                };
                Print("log: " + Code(delegate { return Name(AlimiClient.SetLogHandler((AlimiLog)N(1), count)); }));
                return true;
            case "unlog":
                Print("unlog: " + Code(delegate { return Name(AlimiClient.SetLogHandler(AlimiLog.Off, null)); }) +
                    " lines=" + (lines > 0 ? "yes" : "no"));
                return true;
            default: return false;
        }
    }

    private void OfClient()
    {
        AlimiClient client;
        clients.TryGetValue(F(1), out client);
        switch (fields[0])
        {
            case "open":
            case "openfile": Say(Open); break;
            case "send": Say(delegate { return Receipt(client.SendAlimtalk(F(2), F(3), F(4), F(5), F(6))); }); break;
            case "sendtext": Say(delegate { return Receipt(client.SendText(F(2), F(3), F(4), F(5))); }); break;
            case "batch":
                Say(delegate
                {
                    AlimiReceipt receipt = client.SendBatch(F(2));
                    return Name(receipt.Code) + " " + receipt.Text;
                });
                break;
            case "cancel": Say(delegate { return Name(client.Cancel(F(2))); }); break;
            case "ack": Say(delegate { client.AckResult(F(2)); return "ALIMI_OK"; }); break;
            case "reload": Say(delegate { client.Reload(F(2)); return "ALIMI_OK"; }); break;
            case "wake": Say(delegate { client.Wake(); return "ALIMI_OK"; }); break;
            case "flush": Say(delegate { return Name(client.Flush(N(2))); }); break;
            case "close": Say(delegate { return Name(client.Shutdown(N(2))); }); break;
            case "poll": Say(delegate { return Describe(client.PollResult(N(2))); }); break;
            case "status": Say(delegate { return Describe(client.GetStatus(F(2))); }); break;
            case "drain": Drain(client); break;
            case "until": Until(client); break;
            case "polljson":
                SayJson(delegate(byte[] buf)
                {
                    return Native.Call.alimi_poll_result_json(client.Handle, N(2), buf, buf.Length);
                });
                break;
            case "statusjson":
                byte[] key = Encoding.ASCII.GetBytes(F(2) + "\0");
                SayJson(delegate(byte[] buf)
                {
                    return Native.Call.alimi_get_status_json(client.Handle, key, buf, buf.Length);
                });
                break;
            case "stats": Statistics(client); break;
            case "health": Say(delegate { return Members(AlimiCode.Ok, client.GetHealth(), F(2)); }); break;
            case "sync":
                Say(delegate
                {
                    AlimiReceipt receipt = client.SyncTemplates(N(2));
                    return Members(receipt.Code, receipt.Text, F(3));
                });
                break;
            case "thread":
                int timeout = N(2);
                other = new Thread(delegate() { joined = Code(delegate { return Describe(client.PollResult(timeout)); }); });
                other.Start();
                break;
            case "listen":
                Say(delegate { return Name(client.SetResultHandler(delegate(AlimiResult r) { Keep(client, r, true); })); });
                break;
            case "listenonce":
                Say(delegate
                {
                    return Name(client.SetResultHandler(delegate(AlimiResult r)
                    {
                        Keep(client, r, client.SetResultHandler(null) == AlimiCode.CallbackRunning);
                    }));
                });
                break;
            case "unlisten": Say(delegate { return Name(client.SetResultHandler(null)); }); break;
            case "heard": Heard(); break;
            default: throw new InvalidOperationException("a word that is not known: " + fields[0]);
        }
    }

    private string Open()
    {
        string config = F(2);
        Encoding encoding = config.Contains("\"cp949\"") ? AlimiClient.Cp949() : Encoding.UTF8;
        clients.Remove(F(1));
        if (F(0) == "openfile")
        {
            string file = Path.Combine(directory, "case-" + number + ".json");
            File.WriteAllText(file, config, new UTF8Encoding(false));
            config = file;
        }
        clients[F(1)] = new AlimiClient(config, encoding);
        return "ALIMI_OK";
    }

    private string Receipt(AlimiReceipt receipt)
    {
        return Name(receipt.Code) + " " + (F(2) != "" ? receipt.Text : receipt.Text != "" ? "made" : "none");
    }

    private void Drain(AlimiClient client)
    {
        while (ended.Count < N(2))
        {
            AlimiResult result = client.PollResult(WaitMs);
            if (result == null) break;
            client.AckResult(result.Key);
            ended.Add(Ended(result));
        }
        PrintEnded();
    }

    private void PrintEnded()
    {
        Print(F(0) + " " + F(1) + ": " + ended.Count);
        ended.Sort(StringComparer.Ordinal);
        foreach (string line in ended) Print("  " + line);
        ended.Clear();
    }

    private void Until(AlimiClient client)
    {
        DateTime end = DateTime.UtcNow.AddMilliseconds(WaitMs);
        AlimiState state;
        do
        {
            Thread.Sleep(0);
            state = client.GetStatus(F(2)).State;
        }
        while ((int)state != N(3) && DateTime.UtcNow < end);
        Print("until " + F(1) + ": " + F(2) + " state=" + (int)state);
    }

    /// <summary>As imported, with a buffer of exactly this size.</summary>
    private void SayJson(Import call)
    {
        var buf = new byte[N(3)];
        var code = (AlimiCode)call(buf);
        string json = Encoding.UTF8.GetString(buf, 0, Array.IndexOf(buf, (byte)0)).Split(new[] { ",\"account\"" }, 0)[0];
        Print(F(0) + " " + F(1) + ": " + Name(code) + (code == AlimiCode.Ok ? " " + json : ""));
    }

    private void Statistics(AlimiClient client)
    {
        string text = "";
        Say(delegate { text = client.GetStats(F(2)); return "ALIMI_OK"; });
        foreach (string line in text.Split(new[] { '\r', '\n' }, StringSplitOptions.RemoveEmptyEntries))
            Print("  " + line.Substring(line.IndexOf(',') + 1));
    }

    /// <summary>A code, and the members of an answer that are asked for.</summary>
    private static string Members(AlimiCode code, string json, string names)
    {
        var found = new StringBuilder(Name(code));
        foreach (string name in names.Split(','))
        {
            string rest = json.Substring(json.IndexOf("\"" + name + "\":", StringComparison.Ordinal) + name.Length + 3);
            found.Append(' ').Append(name).Append('=').Append(rest.Split(',', '}')[0]);
        }
        return found.ToString();
    }

    private void Keep(AlimiClient client, AlimiResult result, bool counts)
    {
        client.AckResult(result.Key);
        lock (ended)
        {
            if (counts) ended.Add(Ended(result));
            Monitor.PulseAll(ended);
        }
    }

    private void Heard()
    {
        DateTime end = DateTime.UtcNow.AddMilliseconds(WaitMs);
        lock (ended)
        {
            while (ended.Count < N(2) && DateTime.UtcNow < end) Monitor.Wait(ended, end - DateTime.UtcNow);
        }
        PrintEnded();
    }
}
