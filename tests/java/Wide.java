import com.sun.jna.NativeLibrary;
import java.io.File;
import java.util.Arrays;

/**
 * The functions of UTF-16 from Java: Wide LIBRARY DIRECTORY. The binding needs none of them; programs that call native
 * libraries by JNA may. A text is an array of 16 bits each that ends in 0. The last line is "wide: good".
 */
final class Wide {
    private static final int OK = 0;
    private static final int DUPLICATE = 1;
    private static final int PARTIAL = 4;
    private static final int BUFFER_TOO_SMALL = -5;
    private static final int ENCODING = -6;
    private static final int TOO_LATE = -8;
    private static final int CONFIG_SYNTAX = -100;
    private static final String PATIENT = "김가똠\ud83d\ude00";

    private final NativeLibrary library;
    private final short[] buffer = new short[64 * 1024];
    private final Object cap = buffer.length;

    private Wide(String library) {
        this.library = NativeLibrary.getInstance(library);
    }

    public static void main(String[] arguments) {
        new Wide(arguments[0]).run(new File(arguments[1], "wide.db").getAbsolutePath());
        System.out.println("wide: good");
    }

    private void run(String outbox) {
        String config = "{\"outbox\":{\"encryption\":\"none\",\"path\":\"" + outbox + "\"},\"logging\":{\"file\":null},"
                + "\"accounts\":{\"본원\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
                + "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}";
        is(OK, call("alimi_version_w", buffer, cap), ".");
        is(OK, call("alimi_error_text_w", -3, buffer, cap), "ALIMI_ERR_CLOSED: ");
        int[] client = new int[1];
        is(OK, call("alimi_init_w", wide(config), client), "");
        messages(client[0]);
        is(OK, call("alimi_reload_w", client[0], wide(config)), "");
        is(CONFIG_SYNTAX, call("alimi_reload_w", client[0], wide("{")), "");
        is(OK, call("alimi_last_error_w", buffer, cap), "ALIMI_ERR_CONFIG_SYNTAX");
        is(OK, call("alimi_sync_templates_w", client[0], 60000, buffer, cap), "\"complete\":true");
        is(OK, call("alimi_get_stats_w", client[0], wide("format=csv"), buffer, cap), "본원,visit,");
        is(OK, call("alimi_get_health_w", client[0], buffer, cap), "\"delivers\":true");
        is(ENCODING, call("alimi_cancel_w", client[0], wide("a\ud83d")), "");
        is(OK, call("alimi_shutdown", client[0], 5000), "");
    }

    private void messages(int client) {
        Object[] message = {
            client, wide("A-1"), wide("010-0000-0001"), wide("visit"), wide("name=" + PATIENT + "\ntime=10:00"),
            wide("fallback=none\ntag=" + PATIENT), buffer, cap
        };
        is(OK, call("alimi_send_alimtalk_w", message), "A-1");
        is(DUPLICATE, call("alimi_send_alimtalk_w", message), "A-1");
        is(BUFFER_TOO_SMALL, call("alimi_poll_result_json_w", client, 20000, buffer, 10), "");
        is(OK, call("alimi_poll_result_json_w", client, 20000, buffer, cap), "\"tag\":\"" + PATIENT + "\"");
        is(OK, call("alimi_ack_result_w", client, wide("A-1")), "");
        is(OK, call("alimi_get_status_json_w", client, wide("A-1"), buffer, cap), "\"state\":\"delivered\"");
        is(TOO_LATE, call("alimi_cancel_w", client, wide("A-1")), "");
        Object[] text = {client, wide("T-1"), wide("010-0000-0001"), wide("안녕"), wide(""), buffer, cap};
        is(OK, call("alimi_send_text_w", text), "T-1");
        is(OK, call("alimi_poll_result_json_w", client, 20000, buffer, cap), "\"key\":\"T-1\"");
        is(OK, call("alimi_ack_result_w", client, wide("T-1")), "");
        String batch = "[{\"key\":\"B-1\",\"to\":\"010-0000-0001\",\"text\":\"안녕\"},{\"key\":\"B-2\",\"to\":\"나\",\"text\":\"x\"}]";
        is(PARTIAL, call("alimi_send_batch_w", client, wide(batch), buffer, cap), "{\"key\":\"B-1\",\"code\":0}");
        is(OK, call("alimi_poll_result_json_w", client, 20000, buffer, cap), "\"key\":\"B-1\"");
        is(OK, call("alimi_ack_result_w", client, wide("B-1")), "");
    }

    private int call(String function, Object... arguments) {
        return library.getFunction(function).invokeInt(arguments);
    }

    private static short[] wide(String text) {
        short[] units = new short[text.length() + 1];
        for (int at = 0; at < text.length(); at++) {
            units[at] = (short) text.charAt(at);
        }
        return units;
    }

    /** The code that must come, and what must be in the answer. */
    private void is(int expected, int code, String part) {
        StringBuilder answer = new StringBuilder();
        for (int at = 0; at < buffer.length && buffer[at] != 0; at++) {
            answer.append((char) buffer[at]);
        }
        if (code != expected || answer.indexOf(part) < 0) {
            throw new IllegalStateException(code + " in the place of " + expected + ", or no " + part + " in " + answer);
        }
        Arrays.fill(buffer, (short) 0);
    }
}
