import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import kr.alimi.Alimi;
import kr.alimi.AlimiClient;
import kr.alimi.AlimiReceipt;
import kr.alimi.AlimiResult;

/**
 * Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became
 * of the messages: Quickstart CONFIGURATION APPOINTMENTS. The same as examples/c/quickstart.c.
 *
 * <p>Run it twice, or stop it in the middle and run it again: nothing is sent twice.
 */
public final class Quickstart {
    private static final String[] OUTCOMES = {"AlimTalk", "LMS/SMS", "failed", "unknown", "expired"};
    private static final int OPEN = -1;
    /** MS949 is the CP949 of Windows; Java's "Cp949" is another one, and its EUC-KR lacks most syllables. */
    private static final Charset CP949 = Charset.forName("MS949");

    /** By key: the institution and the outcome. */
    private static final Map<String, String> institutions = new HashMap<>();
    private static final Map<String, Integer> outcomes = new HashMap<>();

    public static void main(String[] arguments) throws IOException {
        List<String> lines = Files.readAllLines(Paths.get(arguments[1]), CP949);
        String[] names = lines.get(0).split(",", -1);
        int earlier = 0;
        try (AlimiClient client = new AlimiClient(arguments[0], CP949)) {
            for (String line : lines.subList(1, lines.size())) {
                earlier += sendReminder(client, names, line.split(",", -1)) ? 1 : 0;
            }
            System.out.printf("%d messages handed over%n", outcomes.size());
            if (earlier > 0) {
                System.out.printf("%d were accepted by an earlier run and are not sent again%n", earlier);
            }
            collectResults(client);
        }
        printTable();
    }

    /** Hands one reminder over: it is on disk then. Answers whether an earlier run had done so. */
    private static boolean sendReminder(AlimiClient client, String[] names, String[] fields) {
        String key = fields[0];
        String variables = AlimiClient.lines(names[2], fields[2], names[3], fields[3], names[5], fields[5], names[6], fields[6],
                names[7], fields[7], names[8], fields[8]);
        AlimiReceipt receipt = client.sendAlimtalk(key, fields[4], "reminder", variables, "account=" + fields[1]);
        institutions.put(key, fields[1]);
        // What an earlier run has acknowledged does not come again; its result can be looked up.
        outcomes.put(key, receipt.isDuplicate() ? outcome(client.getStatus(key)) : OPEN);
        return receipt.isDuplicate();
    }

    private static int outcome(AlimiResult result) {
        switch (result.state) {
            case Alimi.STATE_DELIVERED: return result.channel == Alimi.CHANNEL_ALIMTALK ? 0 : 1;
            case Alimi.STATE_FAILED: return 2;
            case Alimi.STATE_UNKNOWN: return 3;
            case Alimi.STATE_EXPIRED:
            case Alimi.STATE_CANCELLED: return 4;
            default: return OPEN;
        }
    }

    /** Takes results until every message has one. What is not acknowledged comes again, after a crash as well. */
    private static void collectResults(AlimiClient client) {
        for (int taken = 0; ; ) {
            AlimiResult result = client.pollResult(outcomes.containsValue(OPEN) ? 1000 : 0);
            if (result != null) {
                // Here a real program writes the result to its own database; then it lets it go.
                client.ackResult(result.key);
                outcomes.computeIfPresent(result.key, (key, before) -> outcome(result));
                if (++taken % 250 == 0) {
                    System.out.printf("%d results taken%n", taken);
                }
            } else if (!outcomes.containsValue(OPEN)) {
                return;
            }
        }
    }

    private static void printTable() {
        Map<String, int[]> rows = new TreeMap<>();
        int[] all = new int[OUTCOMES.length + 1];
        outcomes.forEach((key, outcome) -> {
            int[] row = rows.computeIfAbsent(institutions.get(key), name -> new int[OUTCOMES.length + 1]);
            for (int[] counts : new int[][] {row, all}) {
                counts[outcome]++;
                counts[OUTCOMES.length]++;
            }
        });
        System.out.printf("%n%-12s", "institution");
        for (String outcome : OUTCOMES) {
            System.out.printf("%10s", outcome);
        }
        System.out.printf("%10s%n", "total");
        rows.forEach(Quickstart::printRow);
        printRow("all", all);
    }

    private static void printRow(String name, int[] counts) {
        System.out.printf("%-12s", name);
        for (int count : counts) {
            System.out.printf("%10d", count);
        }
        System.out.println();
    }
}
