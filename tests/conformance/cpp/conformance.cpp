/* Runs the conformance list in C++11: conformance CASES DIRECTORY. ../README.md explains the list. */
#include <alimi.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <thread>

namespace {

typedef std::vector<std::string> Words;
const std::chrono::seconds WAIT(20);

struct Opened {
    std::unique_ptr<alimi::Client> client;
    bool cp949;
};

struct Named { std::string name, text[2]; }; /* in UTF-8 and in CP949 */

std::vector<Named> named;
std::map<std::string, Opened> clients;
std::mutex lock;
std::condition_variable changed;
Words heard;
int log_lines = 0;
std::thread other;
std::string polled_there;

Words split(const std::string &line, char at)
{
    Words words;
    std::stringstream stream(line + at);
    std::string word;
    while (std::getline(stream, word, at)) words.push_back(word);
    return words;
}

void define(const std::string &name, const std::string &utf8, const std::string &cp949)
{
    for (auto &known : named)
        if (known.name == name) { known.text[0] = utf8; known.text[1] = cp949; return; }
    named.push_back(Named{name, {utf8, cp949}});
}

std::string from_hex(const std::string &hex)
{
    std::string bytes;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string repeated(int times, const std::string &text)
{
    std::string all;
    while (times-- > 0) all += text;
    return all;
}

void replace(std::string &field, const std::string &what, const std::string &text)
{
    for (auto at = field.find(what); at != std::string::npos; at = field.find(what, at + text.size()))
        field.replace(at, what.size(), text);
}

std::string expanded(std::string field, bool cp949)
{
    for (auto known = named.rbegin(); known != named.rend(); ++known) replace(field, known->name, known->text[cp949]);
    replace(field, "\\n", "\n");
    return field;
}

std::string code_name(int32_t code)
{
    const std::string text = alimi::error_text(code);
    return text.substr(0, text.find(':'));
}

void say(const std::string &line) { std::cout << line << '\n' << std::flush; }

/* The name of the code that is returned or thrown. */
template <typename Call> std::string answer(Call call, bool *well = nullptr)
{
    try {
        const std::string name = code_name(call());
        if (well != nullptr) *well = true;
        return name;
    } catch (const alimi::Error &error) {
        if (std::string(error.what()).find(code_name(error.code())) != 0) throw std::logic_error("an error of another name");
        return code_name(error.code());
    }
}

std::string shortly(const alimi_result_t &r)
{
    std::ostringstream line;
    line << r.key << " state=" << r.state << " channel=" << r.channel << " certainty=" << r.certainty << " reason=" << r.reason;
    return line.str();
}

std::string fully(const alimi_result_t &r, bool cp949)
{
    std::string account = r.account;
    for (const auto &known : named)
        if (!account.empty() && known.text[cp949] == account) { account = known.name; break; }
    std::ostringstream line;
    line << ' ' << shortly(r) << " attempts=" << r.attempts << " account=" << account << " gateway=" << r.gateway
         << " id=" << (*r.gateway_id != '\0' ? "yes" : "no") << " code=" << r.gateway_code
         << " times=" << std::string(r.created).size() << '/' << std::string(r.sent).size() << '/'
         << std::string(r.finished).size() << " text=" << r.text;
    return line.str();
}

void ended(const std::string &head, Words results)
{
    std::sort(results.begin(), results.end());
    say(head + " " + std::to_string(results.size()));
    for (const auto &result : results) say("  " + result);
}

std::string polled(const Opened &opened, int ms)
{
    alimi::Result result;
    bool well = false;
    std::string line = answer([&] {
        well = opened.client->poll(std::chrono::milliseconds(ms), result);
        return well ? ALIMI_OK : ALIMI_EMPTY;
    });
    return well ? line + fully(result, opened.cp949) : line;
}

void drain(alimi::Client &client, const std::string &head, std::size_t count)
{
    Words results;
    alimi::Result result;
    while (results.size() < count && client.poll(WAIT, result)) {
        client.acknowledge(result.key);
        results.push_back(shortly(result));
    }
    ended(head, results);
}

void until(alimi::Client &client, const std::string &head, const std::string &key, int state)
{
    const auto end = std::chrono::steady_clock::now() + WAIT;
    alimi::Result result = client.status(key);
    while (result.state != state && std::chrono::steady_clock::now() < end) {
        std::this_thread::yield();
        result = client.status(key);
    }
    say(head + " " + key + " state=" + std::to_string(result.state));
}

int32_t listen(alimi::Client &client, bool once)
{
    return client.set_result_callback([once](alimi::Client &owner, const alimi_result_t &result) {
        owner.acknowledge(result.key);
        const int32_t removed = once ? owner.set_result_callback(nullptr) : ALIMI_CALLBACK_RUNNING;
        std::lock_guard<std::mutex> guard(lock);
        if (removed == ALIMI_CALLBACK_RUNNING) heard.push_back(shortly(result));
        changed.notify_all();
    });
}

/* As C has it, with the buffer that is asked for. */
void json(const std::string &head, int32_t cap, const std::function<int32_t(char *, int32_t)> &call)
{
    std::string text(static_cast<std::size_t>(cap), '\0');
    const int32_t code = call(&text[0], cap);
    say(head + " " + code_name(code) + (code == ALIMI_OK ? " " + text.substr(0, text.find(",\"account\"")) : ""));
}

void statistics(alimi::Client &client, const std::string &head, const std::string &query)
{
    std::string text;
    say(head + " " + answer([&] { text = client.statistics(query); return ALIMI_OK; }));
    replace(text, "\r", "");
    for (const auto &line : split(text, '\n'))
        if (!line.empty()) say("  " + line.substr(line.find(',') + 1));
}

/* What answers with JSON, and the members that are asked for. */
void members(const std::string &head, const std::string &names, const std::function<int32_t(std::string &)> &call)
{
    std::string text;
    std::string line = head + " " + answer([&] { return call(text); });
    for (const auto &name : text.empty() ? Words() : split(names, ',')) {
        const auto at = text.find("\"" + name + "\":") + name.size() + 3;
        line += " " + name + "=" + text.substr(at, text.find_first_of(",}", at) - at);
    }
    say(line);
}

void open(const Words &f, const std::string &file)
{
    Opened &opened = clients[f[1]];
    opened.client.reset(); /* the outbox of the one before may be the same */
    opened.cp949 = f[2].find("\"cp949\"") != std::string::npos;
    if (f[0] == "openfile") std::ofstream(file, std::ios::binary) << f[2];
    say(f[0] + " " + f[1] + ": " + answer([&] {
        opened.client.reset(new alimi::Client(f[0] == "openfile" ? file : f[2]));
        return ALIMI_OK;
    }));
}

void send(alimi::Client &client, const Words &f, const std::string &head)
{
    std::string made;
    bool well = false;
    std::string line = answer([&] {
        return f[0] == "send" ? client.send_alimtalk(f[2], f[3], f[4], f[5], f[6], &made)
                              : client.send_text(f[2], f[3], f[4], f[5], &made);
    }, &well);
    if (well) line += f[2].empty() ? made.empty() ? " none" : " made" : " " + made;
    say(head + " " + line);
}

void of_client(const Words &f, const std::string &file)
{
    const std::string word = f[0], head = f[0] + " " + f[1] + ":", last = f.back();
    if (word == "open" || word == "openfile") return open(f, file);
    Opened &opened = clients[f[1]];
    if (opened.client == nullptr) throw std::logic_error("a client that is not open");
    alimi::Client &client = *opened.client;
    const auto code = [&](const std::function<int32_t()> &call) { say(head + " " + answer(call)); };
    const auto ms = [&](const std::string &text) { return std::chrono::milliseconds(std::stoi(text)); };
    if (word == "send" || word == "sendtext") send(client, f, head);
    else if (word == "batch") {
        std::string verdicts;
        bool well = false;
        const std::string name = answer([&] { return client.send_batch(f[2], verdicts); }, &well);
        say(head + " " + name + (well ? " " + verdicts : ""));
    } else if (word == "cancel") code([&] { return client.cancel(f[2]); });
    else if (word == "ack") code([&] { client.acknowledge(f[2]); return ALIMI_OK; });
    else if (word == "reload") code([&] { client.reload(f[2]); return ALIMI_OK; });
    else if (word == "wake") code([&] { client.wake(); return ALIMI_OK; });
    else if (word == "flush") code([&] { return client.flush(ms(last)) ? ALIMI_OK : ALIMI_PENDING; });
    else if (word == "close") code([&] { return client.shutdown(ms(last)); });
    else if (word == "poll") say(head + " " + polled(opened, std::stoi(last)));
    else if (word == "status") {
        alimi::Result result;
        bool well = false;
        const std::string name = answer([&] { result = client.status(f[2]); return ALIMI_OK; }, &well);
        say(head + " " + name + (well ? fully(result, opened.cp949) : ""));
    } else if (word == "drain") drain(client, head, std::stoul(last));
    else if (word == "until") until(client, head, f[2], std::stoi(last));
    else if (word == "polljson") json(head, std::stoi(last), [&](char *buf, int32_t cap) {
        return alimi_poll_result_json(client.number(), std::stoi(f[2]), buf, cap); });
    else if (word == "statusjson") json(head, std::stoi(last), [&](char *buf, int32_t cap) {
        return alimi_get_status_json(client.number(), f[2].c_str(), buf, cap); });
    else if (word == "stats") statistics(client, head, f[2]);
    else if (word == "health") members(head, last, [&](std::string &text) { text = client.health(); return ALIMI_OK; });
    else if (word == "sync") members(head, last, [&](std::string &text) {
        return client.sync_templates(std::stoi(f[2]), text); });
    else if (word == "thread") other = std::thread([&opened, last] { polled_there = polled(opened, std::stoi(last)); });
    else if (word == "listen" || word == "listenonce") code([&] { return listen(client, word == "listenonce"); });
    else if (word == "unlisten") code([&] { return client.set_result_callback(nullptr); });
    else if (word == "heard") {
        std::unique_lock<std::mutex> guard(lock);
        changed.wait_for(guard, WAIT, [&] { return heard.size() >= std::stoul(last); });
        ended(head, heard);
        heard.clear();
    } else throw std::logic_error("a word that is not known: " + word);
}

void run(const Words &f, const std::string &file)
{
    const std::string word = f[0];
    if (word == "version") {
        std::string text = alimi::version();
        for (auto &c : text) if (c >= '0' && c <= '9') c = '9';
        say("version: ALIMI_OK " + text);
    } else if (word == "errortext") {
        std::string text;
        const std::string name = answer([&] { text = alimi::error_text(std::stoi(f[1])); return ALIMI_OK; });
        say("errortext " + f[1] + ": " + (text.empty() ? name : text));
    } else if (word == "error") say("error: " + alimi::last_error());
    else if (word == "join") {
        other.join();
        say("join: " + polled_there);
    } else if (word == "log") {
        say("log: " + code_name(alimi::set_log_callback(std::stoi(f[1]), [](int32_t, const char *) {
            std::lock_guard<std::mutex> guard(lock);
            log_lines++;
        })));
    } else if (word == "unlog") {
        const std::string name = code_name(alimi::set_log_callback(ALIMI_LOG_OFF, nullptr));
        say("unlog: " + name + " lines=" + (log_lines > 0 ? "yes" : "no"));
    } else of_client(f, file);
}

void tomorrow()
{
    char text[16];
    const std::time_t when = std::time(nullptr) + 33 * 3600; /* Korea is nine hours ahead */
    std::strftime(text, sizeof text, "%Y%m%d%H%M%S", std::gmtime(&when));
    define("$tomorrow", text, text);
}

void whole_list(const char *list, const std::string &directory)
{
    std::ifstream cases(list, std::ios::binary);
    std::string line, number;
    int count = 0;
    tomorrow();
    define("$outbox", "", "");
    while (std::getline(cases, line)) {
        if (line.empty() || line[0] == '#') continue;
        Words f = split(line, '|');
        if (f[0] == "let") define(f[1], f[2], from_hex(f[3]));
        else if (f[0] == "repeat") define(f[1], repeated(std::stoi(f[2]), f[3]), repeated(std::stoi(f[2]), from_hex(f[4])));
        else if (f[0] == "config") define(f[1], f[2], f[2]);
        else if (f[0] == "case") {
            count++;
            number = (count < 10 ? "0" : "") + std::to_string(count);
            define("$outbox", directory + "/case-" + number + ".db", directory + "/case-" + number + ".db");
            say("\n" + number + " " + f[1]);
        } else {
            const bool configures = f[0] == "open" || f[0] == "openfile" || f[0] == "reload";
            const bool cp949 = f.size() > 1 && !configures && clients.count(f[1]) > 0 && clients[f[1]].cp949;
            for (std::size_t i = 1; i < f.size(); i++) f[i] = expanded(f[i], cp949);
            run(f, directory + "/case-" + number + ".json");
        }
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc != 3) throw std::logic_error("usage: conformance CASES DIRECTORY");
        whole_list(argv[1], argv[2]);
        clients.clear();
        return 0;
    } catch (const std::exception &error) {
        std::cerr << "conformance: " << error.what() << '\n';
        return 1;
    }
}
