// Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became
// of the messages: quickstart.exe CONFIGURATION APPOINTMENTS. The same as examples/c/quickstart.c.
//
// Run it twice, or stop it in the middle and run it again: nothing is sent twice.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using Alimi;

internal static class Quickstart
{
    private static readonly string[] OutcomeNames = { "AlimTalk", "LMS/SMS", "failed", "unknown", "expired" };
    private const int Open = -1;

    private sealed class Appointment { internal string Institution; internal int Outcome; }

    private static readonly Dictionary<string, Appointment> Appointments = new Dictionary<string, Appointment>();
    private static int open;

    private static void Main(string[] arguments)
    {
        Encoding cp949 = AlimiClient.Cp949();
        string[] lines = File.ReadAllLines(arguments[1], cp949);
        string[] names = lines[0].Split(',');
        int earlier = 0;
        using (var client = new AlimiClient(arguments[0], cp949))
        {
            for (int i = 1; i < lines.Length; i++) if (SendReminder(client, names, lines[i].Split(','))) earlier++;
            Console.WriteLine("{0} messages handed over", Appointments.Count);
            if (earlier > 0) Console.WriteLine("{0} were accepted by an earlier run and are not sent again", earlier);
            CollectResults(client);
        }
        PrintTable();
    }

    /// <summary>Hands one reminder over: it is on disk then. Answers whether an earlier run had done so.</summary>
    private static bool SendReminder(AlimiClient client, string[] names, string[] fields)
    {
        string variables = AlimiClient.Lines(names[2], fields[2], names[3], fields[3], names[5], fields[5], names[6], fields[6],
            names[7], fields[7], names[8], fields[8]);
        AlimiReceipt receipt = client.SendAlimtalk(fields[0], fields[4], "reminder", variables, "account=" + fields[1]);
        // What an earlier run has acknowledged does not come again; its result can be looked up.
        int outcome = receipt.IsDuplicate ? Outcome(client.GetStatus(fields[0])) : Open;
        Appointments[fields[0]] = new Appointment { Institution = fields[1], Outcome = outcome };
        if (outcome == Open) open++;
        return receipt.IsDuplicate;
    }

    private static int Outcome(AlimiResult result)
    {
        switch (result.State)
        {
            case AlimiState.Delivered: return result.Channel == AlimiChannel.Alimtalk ? 0 : 1;
            case AlimiState.Failed: return 2;
            case AlimiState.Unknown: return 3;
            case AlimiState.Expired:
            case AlimiState.Cancelled: return 4;
            default: return Open;
        }
    }

    /// <summary>Takes results until every message has one. What is not acknowledged comes again, after a crash as
    /// well.</summary>
    private static void CollectResults(AlimiClient client)
    {
        for (int taken = 0; ; )
        {
            AlimiResult result = client.PollResult(open > 0 ? 1000 : 0);
            if (result == null && open == 0) return;
            if (result == null) continue;
            // Here a real program writes the result to its own database; then it lets it go.
            client.AckResult(result.Key);
            Appointment appointment;
            if (Appointments.TryGetValue(result.Key, out appointment))
            {
                if (appointment.Outcome == Open) open--;
                appointment.Outcome = Outcome(result);
            }
            if (++taken % 250 == 0) Console.WriteLine("{0} results taken", taken);
        }
    }

    private static void PrintTable()
    {
        var rows = new SortedDictionary<string, int[]>(StringComparer.Ordinal);
        var all = new int[OutcomeNames.Length + 1];
        foreach (Appointment appointment in Appointments.Values)
        {
            if (!rows.ContainsKey(appointment.Institution)) rows[appointment.Institution] = new int[all.Length];
            foreach (int[] row in new[] { rows[appointment.Institution], all })
            {
                row[appointment.Outcome]++;
                row[OutcomeNames.Length]++;
            }
        }
        Console.Write("\n{0,-12}", "institution");
        foreach (string name in OutcomeNames) Console.Write("{0,10}", name);
        Console.WriteLine("{0,10}", "total");
        foreach (KeyValuePair<string, int[]> row in rows) PrintRow(row.Key, row.Value);
        PrintRow("all", all);
    }

    private static void PrintRow(string name, int[] counts)
    {
        Console.Write("{0,-12}", name);
        foreach (int count in counts) Console.Write("{0,10}", count);
        Console.WriteLine();
    }
}
