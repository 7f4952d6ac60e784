# coding: utf-8
"""What the conformance list cannot say: traps of Python as a host. Run by bindings/python/test."""
import ast
import ctypes
import gc
import json
import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import alimi

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE = os.path.dirname(os.path.abspath(alimi.__file__))
TEMPLATES = {u"visit": {"text": u"#{name} - #{time}"}}


class Case(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.addCleanup(shutil.rmtree, self.directory, True)

    def config(self, name="outbox", **changes):
        config = {
            "outbox": {"encryption": "none", "path": os.path.join(self.directory, name + ".db")},
            "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 1}},
            "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
            "templates": TEMPLATES,
            "logging": {"file": None},
        }
        config.update(changes)
        return config

    def client(self, name="outbox", **changes):
        client = alimi.Client(self.config(name, **changes))
        self.addCleanup(client.close)
        return client

    def program(self, source, *arguments, **environment):
        """Runs Python with this package; answers status, output and errors."""
        process = subprocess.Popen(
            [sys.executable, "-c", source, json.dumps(self.config("program"))] + list(arguments),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict(os.environ, PYTHONPATH=environment.pop("path", os.path.dirname(PACKAGE)), **environment),
        )
        timer = threading.Timer(60, process.kill)
        timer.start()
        out, err = process.communicate()
        timer.cancel()
        return process.returncode, out.decode("utf-8"), err.decode("utf-8")


class Client(Case):
    def test_a_message_goes_from_send_to_an_acknowledged_result(self):
        with self.client() as client:
            sent = client.send_alimtalk("010-0000-0001", "visit", {"name": u"김하늘", "time": 14}, "K1", {"tag": u"예약"})
            self.assertEqual(sent, ("K1", False))
            result = client.poll(timeout=20)
            self.assertEqual((result.key, result.state, result.channel, result.tag), ("K1", "delivered", "alimtalk", u"예약"))
            client.acknowledge(result.key)
            self.assertIs(client.poll(), None)

    def test_texts_pass_whatever_the_encoding_of_the_configuration(self):
        accounts = {u"본원": {"sender_key": "any", "sender_number": "070-0000-0001"}}
        client = self.client(encoding="cp949", accounts=accounts)
        client.send_alimtalk("010-0000-0001", "visit", {"name": u"똠\U0001f600", "time": u"©"}, "K1", {"fallback": "none", "tag": u"\U0001f600"})
        result = client.poll(20)
        self.assertEqual((result.account, result.tag), (u"본원", u"\U0001f600"))

    def test_half_a_pair_and_nul_are_errors_and_not_cut(self):
        client = self.client()
        with self.assertRaises(alimi.Error) as raised:
            client.send_text("010-0000-0001", u"a\ud83d", "K1")
        self.assertEqual((raised.exception.code, raised.exception.name), (alimi.ERR_ENCODING, "ALIMI_ERR_ENCODING"))
        self.assertIn("text: UTF-16 unit 1", str(raised.exception))
        with self.assertRaises(ValueError):
            client.send_text("010-0000-0001", u"a\0b", "K2")
        self.assertRaises(TypeError, client.cancel, 7)
        self.assertRaises(alimi.Error, client.poll, -1)

    def test_a_batch_larger_than_the_first_buffer_has_every_verdict(self):
        client = self.client()
        messages = [{"key": "B%d" % i, "to": "010-0000-0001", "text": u"안녕"} for i in range(500)]
        verdicts = client.send_batch(messages)
        self.assertEqual(([v.key for v in verdicts], verdicts.code), ([m["key"] for m in messages], alimi.OK))

    def test_a_client_stays_in_its_process(self):
        self.assertRaises(TypeError, pickle.dumps, self.client())
        try:
            alimi.Client("{")
        except alimi.Error as error:
            again = pickle.loads(pickle.dumps(error))
            self.assertEqual((again.code, again.name, str(again)), (error.code, error.name, str(error)))

    def test_a_client_that_is_dropped_gives_its_outbox_back(self):
        client = alimi.Client(self.config())
        del client
        gc.collect()
        self.client()

    def test_every_function_of_the_header_can_be_called(self):
        called = 0
        for name, function in alimi.functions.items():
            arguments = []
            for kind in function.argtypes:
                # Nobody has the client 0, and no buffer has no room: each call is an error, and none is a crash.
                arguments.append(0 if kind is ctypes.c_int32 else None if kind in (ctypes.c_char_p, ctypes.c_void_p) else kind())
            code = function(*arguments)
            self.assertEqual(code, alimi.OK if name == "alimi_set_log_callback" else code)
            self.assertTrue(code < 0 or name == "alimi_set_log_callback", name)
            called += 1
        self.assertEqual(called, 37)

    @unittest.skipIf(sys.version_info[0] == 2, "Python 2 cannot read stubs")
    def test_the_stubs_name_what_the_module_has(self):
        with open(os.path.join(PACKAGE, "__init__.pyi")) as file:
            tree = ast.parse(file.read())
        stubs = {}
        for node in tree.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                stubs[node.name] = [n.name for n in node.body if isinstance(n, ast.FunctionDef)]
            elif hasattr(node, "target"):
                stubs[node.target.id] = []
        self.assertEqual(set(alimi.__all__) | {"__version__"}, set(stubs))
        methods = {name for name in vars(alimi.Client) if not name.startswith("_")}
        self.assertEqual(methods, {name for name in stubs["Client"] if not name.startswith("_")})


class Callbacks(Case):
    def test_callbacks_that_nobody_else_keeps_are_kept_while_they_are_needed(self):
        client = self.client()
        done, seen = threading.Event(), []

        def listen():
            def heard(client, result):
                client.acknowledge(result.key)
                seen.append(result.key)
                # Another one takes its place while this one runs.
                client.set_result_callback(None)
                if len(seen) < 20:
                    listen()
                else:
                    done.set()

            client.set_result_callback(heard)

        listen()
        client.send_batch([{"key": "K%d" % i, "to": "010-0000-0001", "text": "hello"} for i in range(20)])
        while not done.wait(0.01):
            gc.collect()
        self.assertEqual(len(set(seen)), 20)

    def test_an_exception_in_a_callback_stops_nothing(self):
        source = """
import sys, alimi, threading
client = alimi.Client(sys.argv[1])
done = threading.Semaphore(0)
def heard(client, result):
    client.acknowledge(result.key)
    done.release()
    raise RuntimeError("mine")
client.set_result_callback(heard)
client.send_text("010-0000-0001", "hello", "K1")
client.send_text("010-0000-0001", "hello", "K2")
done.acquire(); done.acquire()
print(client.shutdown())
"""
        status, out, err = self.program(source)
        self.assertEqual((status, out.strip()), (0, "0"))
        self.assertIn("RuntimeError: mine", err)


class Ends(Case):
    """The interpreter ends while a client is open."""

    def ends(self, source):
        self.assertEqual(self.program("import sys, alimi, threading\nclient = alimi.Client(sys.argv[1])\n" + source), (0, "", ""))

    def test_with_a_client(self):
        self.ends("client.send_text('010-0000-0001', 'hello', 'K1')")

    def test_with_callbacks_of_results_and_log_at_work(self):
        self.ends("""
alimi.set_log_callback(alimi.LOG_TRACE, lambda level, text: None)
client.set_result_callback(lambda client, result: None)
client.send_batch([{"key": "K%d" % i, "to": "010-0000-0001", "text": "hello"} for i in range(200)])
""")

    def test_with_threads_that_poll(self):
        self.ends("""
began = threading.Semaphore(0)
def poll():
    began.release()
    try:
        client.poll(60)
    except alimi.Error:
        pass
for _ in range(4):
    thread = threading.Thread(target=poll)
    thread.daemon = True
    thread.start()
    began.acquire()
""")

    def test_with_a_client_in_a_circle(self):
        self.ends("client.self = client; del client")


@unittest.skipUnless(hasattr(os, "fork"), "this system has no fork")
class Fork(Case):
    def in_child(self, check):
        child = os.fork()
        if child == 0:
            try:
                check()
                os._exit(0)
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)

    def test_a_child_is_told_and_ends_quietly(self):
        with self.client() as client:
            def check():
                with client:  # Its end does nothing here.
                    for call in (client.poll, client.health, lambda: client.send_text("010-0000-0001", "a"), client.shutdown):
                        try:
                            call()
                        except alimi.Error as error:
                            assert error.code == alimi.ERR_FORKED and "fork first" in str(error), error
                        else:
                            raise AssertionError("the call should have failed")

            self.in_child(check)
            client.send_text("010-0000-0001", "hello", "K1")
            self.assertEqual(client.poll(20).key, "K1")

    def test_a_child_whose_parent_has_no_client_may_have_one(self):
        source = """
import os, sys, alimi
child = os.fork()
if child == 0:
    with alimi.Client(sys.argv[1]) as client:
        client.send_text("010-0000-0001", "hello", "K1")
        assert client.poll(20).key == "K1"
    sys.exit(7)
assert os.waitpid(child, 0)[1] == 7 << 8
"""
        self.assertEqual(self.program(source), (0, "", ""))

    @unittest.skipUnless(hasattr(multiprocessing, "get_context"), "Python 2 has no contexts")
    def test_processes_of_multiprocessing_end_whichever_way_they_began(self):
        client = self.client()
        for method in multiprocessing.get_all_start_methods():
            process = multiprocessing.get_context(method).Process(target=_in_process, args=(method,))
            process.start()
            process.join(60)
            self.assertEqual(process.exitcode, 0, method)
        self.assertTrue(client.health()["delivers"])


def _in_process(method):
    try:
        alimi.version()
    except alimi.Error as error:
        # The server of forkserver was started by exec, so it is a process of its own.
        sys.exit(0 if method == "fork" and error.code == alimi.ERR_FORKED else 1)
    sys.exit(1 if method == "fork" else 0)


class Library(Case):
    """What is said when the library is not what it should be."""

    def says(self, library, *parts):
        source = "import alimi" if library is None else "import os\nos.environ['ALIMI_LIBRARY'] = %r\nimport alimi" % library
        path = self.directory
        if not os.path.exists(os.path.join(path, "alimi")):
            shutil.copytree(PACKAGE, os.path.join(path, "alimi"), ignore=shutil.ignore_patterns("*.so", "*.dll", "__pycache__"))
        environment = {"path": path}
        if library is None:
            environment["ALIMI_LIBRARY"] = ""
        status, _, err = self.program(source, **environment)
        self.assertEqual(status, 1)
        for part in parts + ("LibraryError", "Install the wheel of this package", "ALIMI_LIBRARY"):
            self.assertIn(part, err)

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_it_is_nowhere(self):
        self.says(None, "libalimi.so is neither in %s/alimi nor where the system looks" % self.directory)

    def test_the_file_that_is_named_is_not_there(self):
        self.says("/no/such/libalimi.so", "ALIMI_LIBRARY names /no/such/libalimi.so, which is not there")

    def test_it_has_the_wrong_bits(self):
        here = 8 * ctypes.sizeof(ctypes.c_void_p)
        path = self.write("wrong.so", b"\x7fELF" + (b"\x01" if here == 64 else b"\x02") + b"\0" * 100)
        self.says(path, "%s is a %d-bit library, and this Python is a %d-bit program" % (path, 96 - here, here))

    def test_it_is_no_library(self):
        path = self.write("text.so", b"no library")
        self.says(path, "%s is there but cannot be loaded" % path)

    @unittest.skipUnless(shutil.which("cc") if hasattr(shutil, "which") else False, "no C compiler")
    def test_it_is_too_old(self):
        source = self.write("old.c", b'#include <string.h>\nint alimi_version(char *b, int n) { (void)n; strcpy(b, "0.0.9"); return 0; }\n')
        path = os.path.join(self.directory, "old.so")
        subprocess.check_call(["cc", "-shared", "-fPIC", "-o", path, source])
        self.says(path, "lacks the function alimi_", "It is version 0.0.9, and this package needs 0.1.0 or newer")
        names = "".join("int %s(void) { return 0; }\n" % name for name in alimi.functions if name != "alimi_version")
        with open(source, "a") as file:
            file.write(names)
        subprocess.check_call(["cc", "-shared", "-fPIC", "-o", path, source])
        self.says(path, "is version 0.0.9, and this package needs 0.1.0 or newer")

    def test_it_is_the_one_that_was_named(self):
        self.assertEqual(alimi.library_path, os.environ["ALIMI_LIBRARY"])
        self.assertEqual(alimi.version().split(".")[:2], alimi.__version__.split(".")[:2])


if __name__ == "__main__":
    unittest.main()
