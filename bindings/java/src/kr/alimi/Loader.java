package kr.alimi;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Locale;

/**
 * Loads the native library, once for each class loader. It looks in this order and takes the first:
 *
 * <ol>
 *   <li>the system property {@code alimi.library.path}, a file or the folder that holds it; where it is set, nothing else
 *   <li>the library for this platform in the jar, copied to a file of {@code java.io.tmpdir} that is named by its content
 *   <li>{@code java.library.path}
 * </ol>
 */
final class Loader {
    /** The oldest library that has all functions of this binding. */
    static final String OLDEST = "0.1.0";
    /** Of class loaders that have the library at the same time, and of copies in the folder for temporary files. */
    private static final int COPIES = 32;

    private static final boolean WINDOWS = property("os.name").startsWith("windows");
    private static final String FILE = WINDOWS ? "alimi.dll" : "libalimi.so";
    private static boolean loaded;

    private Loader() {}

    /** Not in a static initializer: what fails there is told once and never again. */
    static synchronized void load() {
        if (loaded) {
            return;
        }
        StringBuilder tried = new StringBuilder();
        String given = System.getProperty("alimi.library.path");
        String file = given != null ? given(given, tried) : fromJarOrSystem(tried);
        if (file == null) {
            throw new UnsatisfiedLinkError("alimi: " + FILE + " could not be loaded into this Java (" + platform()
                    + "). Looked for:" + tried + "\nUse the jar of a release, or put " + FILE + " of its folder "
                    + platform() + " somewhere and name it with -Dalimi.library.path=...; where files in "
                    + property("java.io.tmpdir") + " must not be executed, set -Djava.io.tmpdir=... to another folder.");
        }
        checkVersion(file);
        loaded = true;
    }

    private static String given(String given, StringBuilder tried) {
        Path path = Paths.get(given).toAbsolutePath();
        Path file = Files.isDirectory(path) ? path.resolve(FILE) : path;
        try {
            System.load(file.toString());
            return file.toString();
        } catch (UnsatisfiedLinkError error) {
            try {
                if (isTaken(error)) {
                    return copies(Files.readAllBytes(file), tried);
                }
                tried.append("\n  ").append(file).append(": ").append(Files.exists(file) ? error.getMessage() : "not there");
            } catch (IOException failure) {
                tried.append("\n  ").append(file).append(": ").append(failure);
            }
            return null;
        }
    }

    private static boolean isTaken(UnsatisfiedLinkError error) {
        return String.valueOf(error.getMessage()).contains("already loaded in another classloader");
    }

    private static String fromJarOrSystem(StringBuilder tried) {
        String resource = "native/" + platform() + "/" + FILE;
        try (InputStream in = Loader.class.getResourceAsStream(resource)) {
            String file = in == null ? null : copies(readAll(in), tried);
            if (file != null) {
                return file;
            }
            if (in == null) {
                tried.append("\n  kr/alimi/").append(resource).append(" in the jar: not there");
            }
        } catch (IOException error) {
            tried.append("\n  kr/alimi/").append(resource).append(" in the jar: ").append(error);
        }
        try {
            System.loadLibrary("alimi");
            return FILE + " of java.library.path";
        } catch (UnsatisfiedLinkError error) {
            tried.append("\n  java.library.path: ").append(error.getMessage());
            return null;
        }
    }

    /** A file can be loaded by one class loader alone, so each further one takes the next copy. */
    private static String copies(byte[] library, StringBuilder tried) throws IOException {
        for (int copy = 0; copy < COPIES; copy++) {
            String name = FILE.replace(".", "-" + digest(library) + (copy == 0 ? "." : "-" + copy + "."));
            Path file = copyTo(Paths.get(System.getProperty("java.io.tmpdir")).toAbsolutePath(), name, library);
            try {
                System.load(file.toString());
                return file.toString();
            } catch (UnsatisfiedLinkError error) {
                if (!isTaken(error)) {
                    tried.append("\n  ").append(file).append(": ").append(error.getMessage());
                    return null;
                }
            }
        }
        tried.append("\n  all ").append(COPIES).append(" copies are taken by class loaders that still live");
        return null;
    }

    /** What lies there is used only when it is ours and holds the same; a half-written file is never seen. */
    private static Path copyTo(Path folder, String name, byte[] library) throws IOException {
        Path file = folder.resolve(name);
        Path fresh = Files.createTempFile(folder, "alimi", ".tmp");
        try {
            if (Files.isRegularFile(file)
                    && Files.getOwner(file).equals(Files.getOwner(fresh))
                    && Arrays.equals(Files.readAllBytes(file), library)) {
                return file;
            }
            Files.write(fresh, library);
            return Files.move(fresh, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    private static void checkVersion(String file) {
        byte[] buffer = new byte[16];
        String version = "one without functions for Java";
        try {
            Native.version(buffer);
            version = new String(buffer, StandardCharsets.US_ASCII).trim();
        } catch (UnsatisfiedLinkError error) {
            // Built without them, or not alimi at all.
        }
        if (!isAtLeast(version, OLDEST)) {
            throw new UnsatisfiedLinkError("alimi: " + file + " is " + version + "; this binding needs " + OLDEST
                    + " or newer. Replace it with the one of the same release as the jar.");
        }
    }

    static boolean isAtLeast(String version, String oldest) {
        String[] have = version.split("-")[0].split("\\.");
        String[] need = oldest.split("\\.");
        for (int part = 0; part < need.length; part++) {
            if (part >= have.length || !have[part].matches("[0-9]{1,9}")) {
                return false;
            }
            int difference = Integer.parseInt(have[part]) - Integer.parseInt(need[part]);
            if (difference != 0) {
                return difference > 0;
            }
        }
        return true;
    }

    private static String platform() {
        String arch = property("os.arch");
        boolean x86 = arch.equals("x86") || arch.matches("i[3-6]86");
        String processor = x86 ? "x86" : arch.equals("aarch64") ? "arm64" : arch.matches("amd64|x86_64") ? "x64" : arch;
        return (WINDOWS ? "win" : property("os.name").replace(' ', '-')) + "-" + processor;
    }

    private static String property(String name) {
        return System.getProperty(name, "").toLowerCase(Locale.ROOT);
    }

    private static byte[] readAll(InputStream in) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(4 << 20);
        byte[] buffer = new byte[65536];
        for (int count; (count = in.read(buffer)) > 0; ) {
            out.write(buffer, 0, count);
        }
        return out.toByteArray();
    }

    private static String digest(byte[] bytes) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
            return String.format("%064x", new java.math.BigInteger(1, digest)).substring(0, 16);
        } catch (NoSuchAlgorithmException error) {
            throw new IllegalStateException("every Java has SHA-256", error);
        }
    }
}
