package kr.alimi;

/** What alimi answers when it has accepted something. */
public final class AlimiReceipt {
    /** {@link Alimi#OK}, {@link Alimi#DUPLICATE}, or {@link Alimi#PARTIAL} of a batch. */
    public final int code;
    /** The key of the message; of a batch its verdicts, a JSON array. */
    public final String text;

    AlimiReceipt(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /** Whether the message, or one of the batch, had been accepted before; it stays one message. */
    public boolean isDuplicate() {
        return code == Alimi.DUPLICATE;
    }
}
