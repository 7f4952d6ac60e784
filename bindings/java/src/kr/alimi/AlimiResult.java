package kr.alimi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;

/** Where a message stands, or how it ended: {@code alimi_result_t} of the header. Texts are empty where there is none. */
public final class AlimiResult {
    static final int SIZE = 796;

    /** {@code Alimi.STATE_...}; {@link Alimi#STATE_DELIVERED} and above are final. */
    public final int state;
    /** {@code Alimi.CHANNEL_...}: the channel it stands at, or ended by. */
    public final int channel;
    /** {@code Alimi.CERTAINTY_...}: whether it left by that channel. */
    public final int certainty;
    /** Requests that carried it, over all channels. */
    public final int attempts;
    /** {@code Alimi.REASON_...}: why it ended, or last failed. */
    public final int reason;
    /** The key of the message. */
    public final String key;
    /** The sending institution, by its name in the configuration. */
    public final String account;
    /** The gateway, by its name in the configuration. */
    public final String gateway;
    /** The gateway's name for the message. */
    public final String gatewayId;
    /** The gateway's own code. */
    public final String gatewayCode;
    /** When alimi accepted it, e.g. {@code 2026-12-01T09:00:00.000+09:00}. */
    public final String created;
    /** When the gateway last accepted it. */
    public final String sent;
    /** When it ended. */
    public final String finished;
    /** A sentence in English for logs and screens, without personal data. */
    public final String text;

    AlimiResult(byte[] bytes, Charset encoding) {
        ByteBuffer members = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
        members.getInt();
        state = members.getInt();
        channel = members.getInt();
        certainty = members.getInt();
        attempts = members.getInt();
        reason = members.getInt();
        key = text(members, 68, encoding);
        account = text(members, 128, encoding);
        gateway = text(members, 64, encoding);
        gatewayId = text(members, 128, encoding);
        gatewayCode = text(members, 32, encoding);
        created = text(members, 32, encoding);
        sent = text(members, 32, encoding);
        finished = text(members, 32, encoding);
        text = text(members, 256, encoding);
    }

    private static String text(ByteBuffer members, int size, Charset encoding) {
        byte[] bytes = new byte[size];
        members.get(bytes);
        return AlimiClient.string(bytes, encoding);
    }

    /** Key, state and reason, for a log. */
    @Override
    public String toString() {
        return key + ": state " + state + ", channel " + channel + ", reason " + reason;
    }
}
