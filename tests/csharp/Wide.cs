// The functions of UTF-16 as a .NET program declares them that does without the binding: wide.exe DIRECTORY. The library is
// found by the name "alimi". Its last line is "wide: good".
using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

internal static class Wide
{
    private const int Ok = 0, Duplicate = 1, Partial = 4, BufferTooSmall = -5, Encoding = -6, TooLate = -8, Syntax = -100;
    private const string Patient = "김가똠\U0001f600";

    private static readonly StringBuilder Buffer = new StringBuilder(64 * 1024);

    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_version_w(StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_error_text_w(int code, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_last_error_w(StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_init_w(string config, out int client);
    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_reload_w(int client, string config);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_send_alimtalk_w(int client, string key, string to, string template, string variables,
        string options, StringBuilder outKey, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_send_text_w(int client, string key, string to, string text, string options,
        StringBuilder outKey, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_send_batch_w(int client, string messages, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_cancel_w(int client, string key);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_poll_result_json_w(int client, int timeoutMs, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)] private static extern int alimi_ack_result_w(int client, string key);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_get_status_json_w(int client, string key, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_sync_templates_w(int client, int timeoutMs, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_get_stats_w(int client, string query, StringBuilder buf, int cap);
    [DllImport("alimi", CharSet = CharSet.Unicode)]
    private static extern int alimi_get_health_w(int client, StringBuilder buf, int cap);
    [DllImport("alimi")] private static extern int alimi_shutdown(int client, int timeoutMs);

    private static void Main(string[] arguments)
    {
        string config = "{\"outbox\":{\"encryption\":\"none\",\"path\":\"" +
            Path.GetFullPath(arguments[0]).Replace('\\', '/') + "/wide.db\"},\"logging\":{\"file\":null}," +
            "\"accounts\":{\"본원\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}}," +
            "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}";
        int client;
        Is(Ok, alimi_version_w(Buffer, Buffer.Capacity), ".");
        Is(Ok, alimi_error_text_w(-3, Buffer, Buffer.Capacity), "ALIMI_ERR_CLOSED: ");
        Is(Ok, alimi_init_w(config, out client));
        Messages(client);
        Is(Ok, alimi_reload_w(client, config));
        Is(Syntax, alimi_reload_w(client, "{"));
        Is(Ok, alimi_last_error_w(Buffer, Buffer.Capacity), "ALIMI_ERR_CONFIG_SYNTAX");
        Is(Ok, alimi_sync_templates_w(client, 60000, Buffer, Buffer.Capacity), "\"complete\":true");
        Is(Ok, alimi_get_stats_w(client, "format=csv", Buffer, Buffer.Capacity), "본원,visit,");
        Is(Ok, alimi_get_health_w(client, Buffer, Buffer.Capacity), "\"delivers\":true");
        Is(Encoding, alimi_cancel_w(client, "a\ud83d"));
        Is(Ok, alimi_shutdown(client, 5000));
        Console.WriteLine("wide: good");
    }

    private static void Messages(int client)
    {
        const string variables = "name=" + Patient + "\ntime=10:00", options = "fallback=none\ntag=" + Patient;
        Is(Ok, alimi_send_alimtalk_w(client, "A-1", "010-0000-0001", "visit", variables, options, Buffer, Buffer.Capacity), "A-1");
        Is(Duplicate, alimi_send_alimtalk_w(client, "A-1", "010-0000-0001", "visit", variables, options, null, 0));
        Is(BufferTooSmall, alimi_poll_result_json_w(client, 20000, Buffer, 10));
        Is(Ok, alimi_poll_result_json_w(client, 20000, Buffer, Buffer.Capacity), "\"tag\":\"" + Patient + "\"");
        Is(Ok, alimi_ack_result_w(client, "A-1"));
        Is(Ok, alimi_get_status_json_w(client, "A-1", Buffer, Buffer.Capacity), "\"state\":\"delivered\"");
        Is(TooLate, alimi_cancel_w(client, "A-1"));
        Is(Ok, alimi_send_text_w(client, "T-1", "010-0000-0001", "안녕", "", Buffer, Buffer.Capacity), "T-1");
        Is(Ok, alimi_poll_result_json_w(client, 20000, Buffer, Buffer.Capacity), "\"key\":\"T-1\"");
        Is(Ok, alimi_ack_result_w(client, "T-1"));
        const string batch = "[{\"key\":\"B-1\",\"to\":\"010-0000-0001\",\"text\":\"안녕\"},{\"key\":\"B-2\",\"to\":\"나\",\"text\":\"x\"}]";
        Is(Partial, alimi_send_batch_w(client, batch, Buffer, Buffer.Capacity), "{\"key\":\"B-1\",\"code\":0}");
        Is(Ok, alimi_poll_result_json_w(client, 20000, Buffer, Buffer.Capacity), "\"key\":\"B-1\"");
        Is(Ok, alimi_ack_result_w(client, "B-1"));
    }

    /// <summary>The code that must come, and what must be in the answer.</summary>
    private static void Is(int expected, int code, string part = "")
    {
        if (code != expected || Buffer.ToString().IndexOf(part, StringComparison.Ordinal) < 0)
            throw new InvalidOperationException(code + " in the place of " + expected + ", or no " + part + " in " + Buffer);
    }
}
