import kr.alimi.AlimiClient;
import kr.alimi.AlimiResult;

/** What sending and polling cost in Java: Bench DIRECTORY COUNT ROUND. ../README.md says what it does. */
public final class Bench {
    public static void main(String[] arguments) {
        int count = Integer.parseInt(arguments[1]);
        try (AlimiClient client = new AlimiClient("{\"outbox\":{\"encryption\":\"none\",\"path\":\"" + arguments[0] + "/" + arguments[2] + ".db\"},"
                + "\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":0}},"
                + "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
                + "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}},\"logging\":{\"file\":null}}")) {
            run(client, 0, count / 10);
            System.out.printf("%.2f%n", run(client, count / 10, count) / 1e3 / count);
        }
    }

    private static long run(AlimiClient client, int first, int count) {
        long began = System.nanoTime();
        for (int i = first; i < first + count; i++) {
            client.sendAlimtalk("K-" + i, "010-0000-0001", "visit", "name=A\ntime=10:00", null);
        }
        for (int i = 0; i < count; i++) {
            AlimiResult result = client.pollResult(20000);
            client.ackResult(result.key);
        }
        return System.nanoTime() - began;
    }
}
