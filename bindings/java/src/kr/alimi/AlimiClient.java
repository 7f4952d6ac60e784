package kr.alimi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

/**
 * A client with its outbox. Any method may be called from any thread; none waits for the network. What alimi refuses is an
 * {@link AlimiException}, and nothing has changed then.
 *
 * <p>A program that ends without {@link #close} loses nothing: what was accepted goes on at its next start.
 */
public final class AlimiClient implements AutoCloseable {
    /** Takes results on a thread of alimi, one after the other. */
    public interface ResultListener {
        /** What it throws goes to the thread's handler of uncaught exceptions and does no harm. */
        void onResult(AlimiResult result);
    }

    /** Takes lines of the log, on several threads at once. */
    public interface LogListener {
        /** {@code level} is one of {@code Alimi.LOG_...}. */
        void onLine(int level, String line);
    }

    private interface Call {
        int into(byte[] buffer);
    }

    private static final int CLOSE_TIMEOUT_MS = 5000;
    private static final int BUFFER = 4096;

    private final Charset encoding;
    private final int client;

    /** A client whose configuration, JSON text or the path of a JSON file, leaves the encoding at UTF-8. */
    public AlimiClient(String config) {
        this(config, StandardCharsets.UTF_8);
    }

    /** The same where the configuration says {@code "encoding": "cp949"}: {@code Charset.forName("MS949")}. */
    public AlimiClient(String config, Charset encoding) {
        Loader.load();
        this.encoding = encoding;
        byte[] handle = new byte[4];
        check(Native.init(bytes("config", config, StandardCharsets.UTF_8), handle), StandardCharsets.UTF_8);
        client = ByteBuffer.wrap(handle).order(ByteOrder.nativeOrder()).getInt();
    }

    /** The version of the native library. */
    public static String version() {
        Loader.load();
        return text(BUFFER, StandardCharsets.US_ASCII, Native::version).text;
    }

    /** Name and meaning of a code. */
    public static String errorText(int code) {
        Loader.load();
        return text(BUFFER, StandardCharsets.US_ASCII, buffer -> Native.errorText(code, buffer)).text;
    }

    /**
     * Accepts one AlimTalk; when it returns, the message is on disk. {@code key} is your own id of it (null: alimi makes
     * one), {@code variables} and {@code options} are "name=value" lines, see {@link #lines}, or a JSON object, or null.
     */
    public AlimiReceipt sendAlimtalk(String key, String to, String template, String variables, String options) {
        return text(Alimi.KEY_SIZE, encoding, out -> Native.sendAlimtalk(
                client, in("key", key), in("to", to), in("template", template), in("variables", variables),
                in("options", options), out));
    }

    /** Accepts one SMS, LMS or MMS; else as {@link #sendAlimtalk}. */
    public AlimiReceipt sendText(String key, String to, String text, String options) {
        return text(Alimi.KEY_SIZE, encoding, out -> Native.sendText(
                client, in("key", key), in("to", to), in("text", text), in("options", options), out));
    }

    /** Accepts many messages, a JSON array, with one write to the disk; the receipt holds a verdict for each. */
    public AlimiReceipt sendBatch(String messagesJson) {
        byte[] messages = in("messages", messagesJson);
        return text(BUFFER, encoding, out -> Native.sendBatch(client, messages, out));
    }

    /**
     * Cancels what has not left; its result is polled like every other. {@link Alimi#OK}, or {@link Alimi#PENDING}: the message
     * is reserved at its gateway, which is asked to take it back; the result says whether it did.
     */
    public int cancel(String key) {
        return check(Native.cancel(client, in("key", key)), encoding);
    }

    /** Takes the next final result, or null when none comes in time. Store it, then call {@link #ackResult}. */
    public AlimiResult pollResult(int timeoutMs) {
        byte[] result = new byte[AlimiResult.SIZE];
        int code = check(Native.pollResult(client, timeoutMs, result), encoding);
        return code == Alimi.EMPTY ? null : new AlimiResult(result, encoding);
    }

    /** The same with every member whole, as a flat JSON object; null when none comes in time. */
    public String pollResultJson(int timeoutMs) {
        AlimiReceipt answer = text(BUFFER, encoding, out -> Native.pollResultJson(client, timeoutMs, out));
        return answer.code == Alimi.EMPTY ? null : answer.text;
    }

    /** Lets a result go, once it is stored. */
    public void ackResult(String key) {
        check(Native.ackResult(client, in("key", key)), encoding);
    }

    /** Where a message stands, or how it ended. */
    public AlimiResult getStatus(String key) {
        byte[] result = new byte[AlimiResult.SIZE];
        check(Native.getStatus(client, in("key", key), result), encoding);
        return new AlimiResult(result, encoding);
    }

    /** The same with every member whole, as a flat JSON object. */
    public String getStatusJson(String key) {
        return text(BUFFER, encoding, out -> Native.getStatusJson(client, in("key", key), out)).text;
    }

    /** Gives the running client another configuration; on an error nothing has changed. */
    public void reload(String config) {
        check(Native.reload(client, bytes("config", config, StandardCharsets.UTF_8)), encoding);
    }

    /**
     * Asks every gateway for its approved templates and compares them with the configuration. The receipt holds the report, a
     * JSON object; its code is {@link Alimi#PENDING} when the time ran out and asking goes on.
     */
    public AlimiReceipt syncTemplates(int timeoutMs) {
        return text(BUFFER, encoding, out -> Native.syncTemplates(client, timeoutMs, out));
    }

    /** Ends the waiting polls, or the next one where none waits. */
    public void wake() {
        check(Native.wake(client), encoding);
    }

    /** Waits until nothing is due or under way: {@link Alimi#OK}, or {@link Alimi#PENDING} when the time ran out. */
    public int flush(int timeoutMs) {
        return check(Native.flush(client, timeoutMs), encoding);
    }

    /** Statistics as JSON or CSV; null for everything. */
    public String getStats(String query) {
        return text(BUFFER, encoding, out -> Native.getStats(client, in("query", query), out)).text;
    }

    /** How the client is, as a JSON object. */
    public String getHealth() {
        return text(BUFFER, encoding, out -> Native.getHealth(client, out)).text;
    }

    /** Hands results to a listener; null removes it. Answers {@link Alimi#OK} or {@link Alimi#CALLBACK_RUNNING}. */
    public int setResultListener(ResultListener listener) {
        Native.Sink sink = (number, bytes) -> quietly(() -> listener.onResult(new AlimiResult(bytes, encoding)));
        return check(Native.setResultCallback(client, listener == null ? null : sink), encoding);
    }

    /** Hands the log of all clients up to a level to a listener; null removes it. Answers as setResultListener. */
    public static int setLogListener(int level, LogListener listener) {
        Loader.load();
        Native.Sink sink = (number, bytes) ->
                quietly(() -> listener.onLine(number, new String(bytes, StandardCharsets.UTF_8)));
        return check(Native.setLogCallback(level, listener == null ? null : sink), StandardCharsets.UTF_8);
    }

    /**
     * Stops the client: {@link Alimi#OK} when the outbox is empty, {@link Alimi#PENDING} when messages remain for the next
     * start, {@link Alimi#CALLBACK_RUNNING}.
     */
    public int shutdown(int timeoutMs) {
        return check(Native.shutdown(client, timeoutMs), encoding);
    }

    /** {@link #shutdown} with five seconds; doing so again is nothing. */
    @Override
    public void close() {
        int code = Native.shutdown(client, CLOSE_TIMEOUT_MS);
        if (code != Alimi.ERR_INVALID_HANDLE && code != Alimi.ERR_CLOSED) {
            check(code, encoding);
        }
    }

    /** "name=value" lines of names and values by turns; null values are left out. */
    public static String lines(String... namesAndValues) {
        StringBuilder lines = new StringBuilder();
        for (int at = 0; at + 1 < namesAndValues.length; at += 2) {
            if (namesAndValues[at + 1] != null) {
                String value = namesAndValues[at + 1].replace("\\", "\\\\").replace("\n", "\\n");
                lines.append(namesAndValues[at]).append('=').append(value).append('\n');
            }
        }
        return lines.toString();
    }

    int handle() {
        return client;
    }

    static String string(byte[] bytes, Charset encoding) {
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, encoding);
    }

    private byte[] in(String name, String text) {
        return bytes(name, text, encoding);
    }

    /** Never a replacement for a character, never a cut: what cannot be written, or would end the text, is refused. */
    private static byte[] bytes(String name, String text, Charset encoding) {
        if (text == null) {
            return null;
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException(name + ": holds the character U+0000 at " + text.indexOf('\0'));
        }
        try {
            ByteBuffer written = encoding.newEncoder().encode(CharBuffer.wrap(text));
            byte[] bytes = new byte[written.remaining()];
            written.get(bytes);
            return bytes;
        } catch (CharacterCodingException error) {
            throw new IllegalArgumentException(name + ": holds a character that " + encoding + " lacks");
        }
    }

    /** Calls with a buffer, and once more with a larger one where the library asks for it. */
    private static AlimiReceipt text(int size, Charset encoding, Call call) {
        byte[] buffer = new byte[size];
        int code = call.into(buffer);
        while (code == Alimi.ERR_BUFFER_TOO_SMALL) {
            buffer = new byte[Integer.parseInt(string(buffer, StandardCharsets.US_ASCII))];
            code = call.into(buffer);
        }
        return new AlimiReceipt(check(code, encoding), string(buffer, encoding));
    }

    private static int check(int code, Charset encoding) {
        if (code < 0) {
            throw new AlimiException(code, lastError(encoding));
        }
        return code;
    }

    /** The details of the last error of the calling thread, in the encoding of its client; exceptions carry them already. */
    public static String lastError(Charset encoding) {
        Loader.load();
        byte[] buffer = new byte[Alimi.ERROR_SIZE];
        Native.lastError(buffer);
        return string(buffer, encoding);
    }

    private static void quietly(Runnable listener) {
        try {
            listener.run();
        } catch (Throwable thrown) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
        }
    }
}
