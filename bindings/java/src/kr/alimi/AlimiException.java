package kr.alimi;

/** What alimi refused. The message says which argument, file or key, what was wrong and what is allowed. */
public final class AlimiException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final int code;

    AlimiException(int code, String message) {
        super(message);
        this.code = code;
    }

    /** One of {@code Alimi.ERR_...}. */
    public int code() {
        return code;
    }
}
