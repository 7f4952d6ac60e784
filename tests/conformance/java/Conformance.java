package kr.alimi;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToIntFunction;

/** Runs the conformance list in Java: Conformance CASES DIRECTORY. ../README.md explains the list. */
final class Conformance {
    private static final int WAIT_MS = 20000;
    private static final Charset CP949 = Charset.forName("MS949");

    private interface Answer {
        String get();
    }

    private final PrintStream out;
    private final Path directory;
    /** From the first that was defined to the last. */
    private final LinkedHashMap<String, String> names = new LinkedHashMap<>();
    private final Map<String, AlimiClient> clients = new HashMap<>();
    private final List<String> ended = new ArrayList<>();
    private final AtomicInteger lines = new AtomicInteger();
    private String[] fields;
    private String number;
    private Thread other;
    private String joined;

    private Conformance(Path directory) throws IOException {
        this.directory = directory;
        out = new PrintStream(System.out, true, "US-ASCII");
    }

    public static void main(String[] arguments) throws Exception {
        Conformance conformance = new Conformance(Paths.get(arguments[1]));
        conformance.run(Files.readAllLines(Paths.get(arguments[0]), StandardCharsets.UTF_8));
    }

    private void run(List<String> list) throws Exception {
        int cases = 0;
        ZonedDateTime tomorrow = ZonedDateTime.now(ZoneId.of("Asia/Seoul")).plusHours(24);
        names.put("$tomorrow", tomorrow.format(DateTimeFormatter.ofPattern("yyyyMMddHHmmss")));
        names.put("$outbox", "");
        for (String line : list) {
            fields = line.split("\\|", -1);
            if (line.isEmpty() || line.startsWith("#")) {
                continue;
            }
            switch (fields[0]) {
                case "let":
                case "config":
                    names.put(fields[1], fields[2]);
                    break;
                case "repeat":
                    names.put(fields[1], String.join("", Collections.nCopies(Integer.parseInt(fields[2]), fields[3])));
                    break;
                case "case":
                    number = String.format("%02d", ++cases);
                    names.put("$outbox", directory.toString().replace('\\', '/') + "/case-" + number + ".db");
                    print("");
                    print(number + " " + fields[1]);
                    break;
                default:
                    for (int i = 1; i < fields.length; i++) {
                        fields[i] = expand(fields[i]);
                    }
                    if (!withoutClient()) {
                        ofClient(clients.get(fields[1]));
                    }
            }
        }
        out.flush();
    }

    private String expand(String field) {
        List<String> all = new ArrayList<>(names.keySet());
        Collections.reverse(all);
        for (String name : all) {
            field = field.replace(name, names.get(name));
        }
        return field.replace("\\n", "\n");
    }

    private String f(int at) {
        return at < fields.length ? fields[at] : "";
    }

    private int n(int at) {
        return Integer.parseInt(f(at));
    }

    private void print(String line) {
        out.print(line + "\n");
    }

    private static String name(int code) {
        String text = AlimiClient.errorText(code);
        return text.substring(0, text.indexOf(':'));
    }

    /** The name of the code, or that of the exception. */
    private static String code(Answer answer) {
        try {
            return answer.get();
        } catch (AlimiException error) {
            return name(error.code());
        }
    }

    private void say(Answer answer) {
        print(f(0) + " " + f(1) + ": " + code(answer));
    }

    private static String ended(AlimiResult result) {
        return result.key + " state=" + result.state + " channel=" + result.channel + " certainty=" + result.certainty
                + " reason=" + result.reason;
    }

    private String describe(AlimiResult result) {
        if (result == null) {
            return "ALIMI_EMPTY";
        }
        String account = result.account;
        for (Map.Entry<String, String> name : names.entrySet()) {
            if (!account.isEmpty() && name.getValue().equals(account)) {
                account = name.getKey();
                break;
            }
        }
        return "ALIMI_OK " + ended(result) + " attempts=" + result.attempts + " account=" + account + " gateway="
                + result.gateway + " id=" + (result.gatewayId.isEmpty() ? "no" : "yes") + " code=" + result.gatewayCode
                + " times=" + result.created.length() + "/" + result.sent.length() + "/" + result.finished.length()
                + " text=" + result.text;
    }

    private boolean withoutClient() throws InterruptedException {
        switch (fields[0]) {
            case "version":
                print("version: ALIMI_OK " + AlimiClient.version().replaceAll("[0-9]", "9"));
                return true;
            case "errortext":
                say(() -> AlimiClient.errorText(n(1)));
                return true;
            case "error":
                print("error: " + AlimiClient.lastError(StandardCharsets.UTF_8));
                return true;
            case "join":
                other.join();
                print("join: " + joined);
                return true;
            case "log":
                print("log: " + code(() -> name(AlimiClient.setLogListener(n(1), (level, line) -> {
                    if (level > Alimi.LOG_OFF && !line.isEmpty()) {
                        lines.incrementAndGet();
                    }
                }))));
                return true;
            case "unlog":
                print("unlog: " + code(() -> name(AlimiClient.setLogListener(Alimi.LOG_OFF, null)))
                        + " lines=" + (lines.get() > 0 ? "yes" : "no"));
                return true;
            default:
                return false;
        }
    }

    private void ofClient(AlimiClient client) throws Exception {
        switch (fields[0]) {
            case "open":
            case "openfile": say(this::open); break;
            case "send": say(() -> receipt(client.sendAlimtalk(f(2), f(3), f(4), f(5), f(6)))); break;
            case "sendtext": say(() -> receipt(client.sendText(f(2), f(3), f(4), f(5)))); break;
            case "batch":
                say(() -> {
                    AlimiReceipt receipt = client.sendBatch(f(2));
                    return name(receipt.code) + " " + receipt.text;
                });
                break;
            case "cancel": say(() -> name(client.cancel(f(2)))); break;
            case "ack": say(() -> done(() -> client.ackResult(f(2)))); break;
            case "reload": say(() -> done(() -> client.reload(f(2)))); break;
            case "wake": say(() -> done(client::wake)); break;
            case "flush": say(() -> name(client.flush(n(2)))); break;
            case "close": say(() -> name(client.shutdown(n(2)))); break;
            case "poll": say(() -> describe(client.pollResult(n(2)))); break;
            case "status": say(() -> describe(client.getStatus(f(2)))); break;
            case "drain": drain(client); break;
            case "until": until(client); break;
            case "polljson": sayJson(buffer -> Native.pollResultJson(client.handle(), n(2), buffer)); break;
            case "statusjson":
                byte[] key = f(2).getBytes(StandardCharsets.US_ASCII);
                sayJson(buffer -> Native.getStatusJson(client.handle(), key, buffer));
                break;
            case "stats": statistics(client); break;
            case "health": say(() -> members(Alimi.OK, client.getHealth(), f(2))); break;
            case "sync":
                say(() -> {
                    AlimiReceipt receipt = client.syncTemplates(n(2));
                    return members(receipt.code, receipt.text, f(3));
                });
                break;
            case "thread":
                int timeout = n(2);
                other = new Thread(() -> joined = code(() -> describe(client.pollResult(timeout))));
                other.start();
                break;
            case "listen": say(() -> name(client.setResultListener(result -> keep(client, result, true)))); break;
            case "listenonce":
                say(() -> name(client.setResultListener(result ->
                        keep(client, result, client.setResultListener(null) == Alimi.CALLBACK_RUNNING))));
                break;
            case "unlisten": say(() -> name(client.setResultListener(null))); break;
            case "heard": heard(); break;
            default: throw new IllegalArgumentException("a word that is not known: " + fields[0]);
        }
    }

    private static String done(Runnable call) {
        call.run();
        return "ALIMI_OK";
    }

    private String open() {
        String config = f(2);
        Charset encoding = config.contains("\"cp949\"") ? CP949 : StandardCharsets.UTF_8;
        clients.remove(f(1));
        if (f(0).equals("openfile")) {
            Path file = directory.resolve("case-" + number + ".json");
            try {
                Files.write(file, config.getBytes(StandardCharsets.UTF_8));
            } catch (IOException error) {
                throw new IllegalStateException(error);
            }
            config = file.toString();
        }
        clients.put(f(1), new AlimiClient(config, encoding));
        return "ALIMI_OK";
    }

    private String receipt(AlimiReceipt receipt) {
        String key = f(2).isEmpty() ? (receipt.text.isEmpty() ? "none" : "made") : receipt.text;
        return name(receipt.code) + " " + key;
    }

    private void drain(AlimiClient client) {
        while (ended.size() < n(2)) {
            AlimiResult result = client.pollResult(WAIT_MS);
            if (result == null) {
                break;
            }
            client.ackResult(result.key);
            ended.add(ended(result));
        }
        printEnded();
    }

    private void printEnded() {
        print(f(0) + " " + f(1) + ": " + ended.size());
        Collections.sort(ended);
        for (String line : ended) {
            print("  " + line);
        }
        ended.clear();
    }

    private void until(AlimiClient client) {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        int state;
        do {
            Thread.yield();
            state = client.getStatus(f(2)).state;
        } while (state != n(3) && System.nanoTime() < end);
        print("until " + f(1) + ": " + f(2) + " state=" + state);
    }

    /** As imported, with a buffer of exactly this size. */
    private void sayJson(ToIntFunction<byte[]> call) {
        byte[] buffer = new byte[n(3)];
        int code = call.applyAsInt(buffer);
        String json = AlimiClient.string(buffer, StandardCharsets.UTF_8);
        int times = json.indexOf(",\"account\"");
        print(f(0) + " " + f(1) + ": " + name(code)
                + (code == Alimi.OK ? " " + json.substring(0, times < 0 ? json.length() : times) : ""));
    }

    private void statistics(AlimiClient client) {
        String[] lines = {};
        try {
            lines = client.getStats(f(2)).split("[\r\n]+");
            print("stats " + f(1) + ": ALIMI_OK");
        } catch (AlimiException error) {
            print("stats " + f(1) + ": " + name(error.code()));
        }
        for (String line : lines) {
            print("  " + line.substring(line.indexOf(',') + 1));
        }
    }

    /** A code, and the members of an answer that are asked for. */
    private static String members(int code, String json, String names) {
        StringBuilder found = new StringBuilder(name(code));
        for (String name : names.split(",")) {
            String rest = json.substring(json.indexOf("\"" + name + "\":") + name.length() + 3);
            found.append(' ').append(name).append('=').append(rest.split("[,}]")[0]);
        }
        return found.toString();
    }

    private void keep(AlimiClient client, AlimiResult result, boolean counts) {
        client.ackResult(result.key);
        synchronized (ended) {
            if (counts) {
                ended.add(ended(result));
            }
            ended.notifyAll();
        }
    }

    private void heard() throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(WAIT_MS);
        synchronized (ended) {
            for (long left; ended.size() < n(2) && (left = end - System.nanoTime()) > 0; ) {
                TimeUnit.NANOSECONDS.timedWait(ended, left);
            }
        }
        printEnded();
    }
}
