package kr.alimi;

/**
 * The functions of the native library, one for one; {@code include/alimi.h} tells what each does.
 *
 * <p>Texts are bytes in the encoding of the client and need no NUL. Texts and results come back in the caller's array.
 */
final class Native {
    /** Takes lines of the log (the number is the level) or results (the number is the client). */
    interface Sink {
        void accept(int number, byte[] bytes);
    }

    private Native() {}

    static native int version(byte[] buffer);

    static native int errorText(int code, byte[] buffer);

    static native int lastError(byte[] buffer);

    static native int init(byte[] config, byte[] outClient);

    static native int shutdown(int client, int timeoutMs);

    static native int flush(int client, int timeoutMs);

    static native int sendAlimtalk(
            int client, byte[] key, byte[] to, byte[] template, byte[] variables, byte[] options, byte[] outKey);

    static native int sendText(int client, byte[] key, byte[] to, byte[] text, byte[] options, byte[] outKey);

    static native int sendBatch(int client, byte[] messages, byte[] buffer);

    static native int cancel(int client, byte[] key);

    static native int pollResult(int client, int timeoutMs, byte[] result);

    static native int pollResultJson(int client, int timeoutMs, byte[] buffer);

    static native int ackResult(int client, byte[] key);

    static native int getStatus(int client, byte[] key, byte[] result);

    static native int getStatusJson(int client, byte[] key, byte[] buffer);

    static native int reload(int client, byte[] config);

    static native int wake(int client);

    static native int syncTemplates(int client, int timeoutMs, byte[] buffer);

    static native int getStats(int client, byte[] query, byte[] buffer);

    static native int getHealth(int client, byte[] buffer);

    static native int setLogCallback(int level, Sink sink);

    static native int setResultCallback(int client, Sink sink);
}
