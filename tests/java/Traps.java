import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import kr.alimi.Alimi;
import kr.alimi.AlimiClient;
import kr.alimi.AlimiException;
import kr.alimi.AlimiResult;

/** What a Java program may do to alimi: Traps NAME DIRECTORY. It writes "NAME: good", or ends with an exception. */
public final class Traps {
    private static final int WAIT_MS = 60000;

    public static void main(String[] arguments) throws Exception {
        Path directory = Paths.get(arguments[1]);
        Traps.class.getDeclaredMethod(arguments[0], Path.class).invoke(null, directory);
        System.out.println(arguments[0] + ": good");
    }

    public static AlimiClient open(Path directory, String name) {
        String outbox = directory.resolve(name + ".db").toString().replace('\\', '/');
        return new AlimiClient("{\"outbox\":{\"encryption\":\"none\",\"path\":\"" + outbox + "\"},\"logging\":{\"file\":null},"
                + "\"gateways\":{\"sandbox\":{\"type\":\"sandbox\",\"delay_ms\":1}},"
                + "\"accounts\":{\"clinic\":{\"sender_key\":\"any\",\"sender_number\":\"070-0000-0001\"}},"
                + "\"templates\":{\"visit\":{\"text\":\"#{name} - #{time}\"}}}");
    }

    public static void send(AlimiClient client, String key) {
        client.sendAlimtalk(key, "010-0000-0001", "visit", AlimiClient.lines("name", "김하늘 😀", "time", "9"),
                "fallback=none");
    }

    private static void check(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** 200 threads send, poll and acknowledge at once; every result comes once. */
    static void threads(Path directory) throws Exception {
        final int threads = 200;
        final int each = 5;
        Set<String> seen = Collections.synchronizedSet(new HashSet<>());
        CountDownLatch left = new CountDownLatch(threads * each);
        AtomicInteger twice = new AtomicInteger();
        try (AlimiClient client = open(directory, "threads")) {
            Thread[] all = new Thread[threads];
            for (int i = 0; i < threads; i++) {
                String name = "T" + i + "-";
                all[i] = new Thread(() -> {
                    for (int n = 0; n < each; n++) {
                        send(client, name + n);
                    }
                    while (left.getCount() > 0) {
                        AlimiResult result = client.pollResult(WAIT_MS);
                        if (result != null) {
                            client.ackResult(result.key);
                            if (!seen.add(result.key)) {
                                twice.incrementAndGet();
                            }
                            left.countDown();
                        }
                    }
                    client.wake();
                }, name);
                all[i].start();
            }
            for (Thread thread : all) {
                thread.join();
            }
            check(seen.size() == threads * each && twice.get() == 0, seen.size() + " results, " + twice + " twice");
        }
    }

    /** The garbage collector runs during polls, sends and callbacks. */
    static void garbage(Path directory) throws Exception {
        final int messages = 100;
        AtomicBoolean stop = new AtomicBoolean();
        Thread collector = new Thread(() -> {
            while (!stop.get()) {
                System.gc();
            }
        });
        collector.setDaemon(true);
        collector.start();
        CountDownLatch left = new CountDownLatch(messages);
        AtomicInteger lines = new AtomicInteger();
        AlimiClient.setLogListener(Alimi.LOG_TRACE, (level, line) -> lines.incrementAndGet());
        try (AlimiClient client = open(directory, "garbage")) {
            client.setResultListener(result -> {
                client.ackResult(result.key);
                left.countDown();
            });
            for (int i = 0; i < messages; i++) {
                send(client, "G" + i);
                if (client.pollResult(0) != null) {
                    left.countDown();
                }
            }
            check(left.await(WAIT_MS, TimeUnit.MILLISECONDS) && lines.get() > 0, "every result and the log came");
        }
        AlimiClient.setLogListener(Alimi.LOG_OFF, null);
        stop.set(true);
        collector.join();
    }

    /** What listeners throw goes to the handler of uncaught exceptions; even when that throws too, all goes on. */
    static void exceptions(Path directory) throws Exception {
        AtomicInteger told = new AtomicInteger();
        CountDownLatch heard = new CountDownLatch(3);
        Thread.setDefaultUncaughtExceptionHandler((thread, thrown) -> {
            told.incrementAndGet();
            throw new IllegalStateException("the handler throws as well");
        });
        AlimiClient.setLogListener(Alimi.LOG_TRACE, (level, line) -> {
            throw new IllegalStateException("log");
        });
        try (AlimiClient client = open(directory, "exceptions")) {
            client.setResultListener(result -> {
                heard.countDown();
                if (heard.getCount() == 1) {
                    throw new StackOverflowError("made up");
                }
                throw new IllegalStateException("made up");
            });
            for (int i = 0; i < 3; i++) {
                send(client, "E" + i);
            }
            check(heard.await(WAIT_MS, TimeUnit.MILLISECONDS), "each result reached the listener");
            check(client.getStatus("E0").state == Alimi.STATE_DELIVERED, "the client goes on");
            check(client.setResultListener(null) == Alimi.OK, "the listener is removed");
        }
        AlimiClient.setLogListener(Alimi.LOG_OFF, null);
        check(told.get() > 3, "the handler was told " + told + " times");
    }

    /** The program ends with a live client, a listener, a log and a poll that waits. */
    static void exit(Path directory) throws Exception {
        AlimiClient client = open(directory, "exit");
        AlimiClient.setLogListener(Alimi.LOG_TRACE, (level, line) -> { });
        CountDownLatch heard = new CountDownLatch(1);
        client.setResultListener(result -> heard.countDown());
        AlimiClient second = open(directory, "exit-2");
        Thread poll = new Thread(() -> second.pollResult(3600000));
        poll.setDaemon(true);
        poll.start();
        for (int i = 0; i < 50; i++) {
            send(client, "X" + i);
        }
        check(heard.await(WAIT_MS, TimeUnit.MILLISECONDS), "a result reached the listener");
    }

    /** The same by System.exit, from another thread and while a listener runs. */
    static void exitNow(Path directory) throws Exception {
        AlimiClient client = open(directory, "exit-now");
        client.setResultListener(result -> System.exit(0));
        System.out.println("exitNow: good");
        send(client, "X");
        new CountDownLatch(1).await();
    }

    /** Two class loaders at the same time, as two web applications of one server, and a third after them. */
    static void loaders(Path directory) throws Exception {
        String[] places = System.getProperty("java.class.path").split(File.pathSeparator);
        URL[] urls = new URL[places.length];
        for (int i = 0; i < places.length; i++) {
            urls[i] = new File(places[i]).toURI().toURL();
        }
        URLClassLoader first = new URLClassLoader(urls, null);
        URLClassLoader second = new URLClassLoader(urls, null);
        Object[] clients = {inLoader(first, directory, "L1", null), inLoader(second, directory, "L2", null)};
        check(clients[0].getClass() != clients[1].getClass(), "two classes");
        inLoader(first, directory, "L1", clients[0]);
        inLoader(second, directory, "L2", clients[1]);
        first.close();
        second.close();
        URLClassLoader third = new URLClassLoader(urls, null);
        inLoader(third, directory, "L1", inLoader(third, directory, "L1", null));
        third.close();
    }

    /** Opens a client, or sends, takes the result and closes. */
    private static Object inLoader(ClassLoader loader, Path directory, String name, Object client) throws Exception {
        try {
            Method method = loader.loadClass("Traps").getMethod("inside", String.class, String.class, Object.class);
            return method.invoke(null, directory.toString(), name, client);
        } catch (InvocationTargetException error) {
            throw new AssertionError(name, error.getCause());
        }
    }

    public static Object inside(String directory, String name, Object opened) {
        if (opened == null) {
            AlimiClient fresh = open(Paths.get(directory), name);
            fresh.setResultListener(result -> { });
            fresh.setResultListener(null);
            return fresh;
        }
        try (AlimiClient client = (AlimiClient) opened) {
            String key = name + "-" + System.nanoTime();
            send(client, key);
            AlimiResult result = client.pollResult(WAIT_MS);
            check(result != null && result.key.equals(key), "the result of " + key);
            client.ackResult(key);
        }
        return opened;
    }

    /** A text that the library could take only in part is refused, and closing twice is nothing. */
    static void arguments(Path directory) throws Exception {
        AlimiClient client = open(directory, "arguments");
        try {
            client.sendText("A", "010-0000-0001", "cut\0here", null);
            check(false, "a text with U+0000 was taken");
        } catch (IllegalArgumentException error) {
            check(error.getMessage().equals("text: holds the character U+0000 at 3"), error.getMessage());
        }
        try {
            client.sendText("A", null, "text", null);
            check(false, "no recipient");
        } catch (AlimiException error) {
            check(error.code() == Alimi.ERR_INVALID_ARGUMENT && error.getMessage().contains("to: is NULL"),
                    error.getMessage());
        }
        client.close();
        client.close();
        try {
            client.getHealth();
            check(false, "a closed client answered");
        } catch (AlimiException error) {
            check(error.code() == Alimi.ERR_INVALID_HANDLE, error.getMessage());
        }
        check(AlimiClient.lines("a", "1\n2\\", "b", null).equals("a=1\\n2\\\\\n"), "lines");
    }

    /** Only loads the library, for what it says where it cannot. */
    static void load(Path directory) {
        try {
            System.out.println(AlimiClient.version());
        } catch (UnsatisfiedLinkError error) {
            System.out.println(error.getMessage());
        }
    }
}
