// What sending and polling cost in C#: bench.exe DIRECTORY COUNT ROUND. ../README.md says what it does.
using System;
using System.Diagnostics;
using System.Globalization;
using Alimi;

internal static class Bench
{
    private static void Main(string[] arguments)
    {
        int count = int.Parse(arguments[1]);
        using (var client = new AlimiClient("{\"outbox\":{\"encryption\":\"none\",\"path\":\"" + arguments[0] + "/" + arguments[2] + ".db\"}," +
            "\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":0}}," +
            "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}}," +
            "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}},\"logging\":{\"file\":null}}"))
        {
            Run(client, 0, count / 10);
            double each = Run(client, count / 10, count) * 1e3 / count;
            Console.WriteLine(each.ToString("F2", CultureInfo.InvariantCulture));
        }
    }

    private static double Run(AlimiClient client, int first, int count)
    {
        Stopwatch watch = Stopwatch.StartNew();
        for (int i = first; i < first + count; i++)
            client.SendAlimtalk("K-" + i, "010-0000-0001", "visit", "name=A\ntime=10:00");
        for (int i = 0; i < count; i++)
        {
            AlimiResult result = client.PollResult(20000);
            client.AckResult(result.Key);
        }
        return watch.Elapsed.TotalMilliseconds;
    }
}
