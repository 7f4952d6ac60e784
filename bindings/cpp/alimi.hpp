/*
 * alimi.hpp - alimi for C++11 and later: one header over alimi.h, nothing to compile.
 *
 *     alimi::Client client("alimi.json");
 *     client.send_alimtalk("APPT-1", "010-0000-0001", "reminder", "name=...");
 *     alimi::Result result;
 *     if (client.poll(std::chrono::seconds(5), result)) {
 *         ... store result.key and result.state ...
 *         client.acknowledge(result.key);
 *     }
 *
 * A code below 0 is thrown as alimi::Error; notices are returned. Texts are in the encoding of the configuration, as in C. Any
 * thread may call any method but the move. The destructor shuts down within the grace time.
 */
#ifndef ALIMI_HPP
#define ALIMI_HPP

#include <alimi.h>

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace alimi {

typedef std::chrono::milliseconds Milliseconds;

/** The details of the last error of this thread; empty where there was none. */
inline std::string last_error()
{
    char text[ALIMI_ERROR_SIZE] = "";
    alimi_last_error(text, static_cast<int32_t>(sizeof text));
    return text;
}

/** A code below 0; what() says which argument, file or key, what was wrong and what is allowed. */
class Error : public std::runtime_error {
public:
    explicit Error(int32_t code) : std::runtime_error(text_of(code)), code_(code) {}
    int32_t code() const { return code_; }

private:
    /* A forked child gets no text from the library; the sentence begins as the library's do. */
    static std::string text_of(int32_t code)
    {
        return code == ALIMI_ERR_FORKED
                   ? "ALIMI_ERR_FORKED (-4): the process was forked after alimi_init; fork first" : last_error();
    }

    int32_t code_;
};

inline int32_t check(int32_t code)
{
    if (code < 0) throw Error(code);
    return code;
}

namespace detail {

inline int32_t timeout(Milliseconds wait)
{
    return wait.count() > ALIMI_TIMEOUT_MAX ? ALIMI_TIMEOUT_MAX : static_cast<int32_t>(wait.count());
}

/** Calls with a buffer, and again with a larger one where that was too small. */
template <typename Call> int32_t ask(Call call, std::string &text, std::size_t size = 4096)
{
    for (;;) {
        text.assign(size, '\0');
        const int32_t code = call(&text[0], static_cast<int32_t>(size));
        if (code != ALIMI_ERR_BUFFER_TOO_SMALL) {
            text.resize(text.find('\0') == std::string::npos ? 0 : text.find('\0'));
            return check(code);
        }
        size = static_cast<std::size_t>(std::atol(text.c_str())) + 256;
    }
}

/** What the library may still call: it is let go only when the library says that nothing of it runs. */
template <typename Function> class Callbacks {
public:
    template <typename Set> int32_t set(Function function, Set set)
    {
        std::unique_ptr<Function> next(function ? new Function(std::move(function)) : nullptr);
        std::lock_guard<std::recursive_mutex> guard(lock_);
        const int32_t code = check(set(next.get()));
        if (code == ALIMI_OK) kept_.clear();
        kept_.push_back(std::move(next));
        return code;
    }

private:
    std::recursive_mutex lock_;
    std::vector<std::unique_ptr<Function>> kept_;
};

} // namespace detail

/** Where a message stands, or how it ended: the structure of C, empty and with its size set. */
struct Result : alimi_result_t {
    Result() : alimi_result_t() { size = static_cast<int32_t>(sizeof(alimi_result_t)); }
};

/** The version of the library. */
inline std::string version()
{
    std::string text;
    detail::ask(alimi_version, text, 32);
    return text;
}

/** Name and meaning of a code. */
inline std::string error_text(int32_t code)
{
    std::string text;
    detail::ask([=](char *buf, int32_t cap) { return alimi_error_text(code, buf, cap); }, text, ALIMI_ERROR_SIZE);
    return text;
}

typedef std::function<void(int32_t level, const char *text)> LogFunction;

/** Hands the lines of the log (UTF-8) to a function; an empty one removes it. What the function throws is dropped. */
inline int32_t set_log_callback(int32_t level, LogFunction function)
{
    struct Line {
        static void ALIMI_CALL call(int32_t level, const char *text, void *context)
        {
            try { (*static_cast<LogFunction *>(context))(level, text); } catch (...) {}
        }
    };
    /* Never destroyed: the library may log until the process ends. */
    static detail::Callbacks<LogFunction> *const callbacks = new detail::Callbacks<LogFunction>;
    return callbacks->set(std::move(function), [=](LogFunction *kept) {
        return alimi_set_log_callback(level, kept != nullptr ? Line::call : nullptr, kept);
    });
}

class Client {
public:
    typedef std::function<void(Client &client, const alimi_result_t &result)> ResultFunction;

    /** JSON text, or the path of a JSON file. */
    explicit Client(const std::string &config, Milliseconds grace = Milliseconds(5000))
        : number_(0), grace_(grace), callbacks_(new detail::Callbacks<Listener>)
    {
        check(alimi_init(config.c_str(), &number_));
    }

    ~Client() { close(); }

    Client(const Client &) = delete;
    Client &operator=(const Client &) = delete;

    /** A client with a result callback must stay where it is: the callback is given its address. */
    Client(Client &&other) noexcept
        : number_(other.number_), grace_(other.grace_), callbacks_(std::move(other.callbacks_))
    {
        other.number_ = 0;
    }

    Client &operator=(Client &&other) noexcept
    {
        if (this != &other) {
            close();
            number_ = other.number_;
            grace_ = other.grace_;
            callbacks_ = std::move(other.callbacks_);
            other.number_ = 0;
        }
        return *this;
    }

    /** The number for the functions of C. */
    int32_t number() const { return number_; }

    /**
     * Keeps one AlimTalk; when it returns, the message is on disk and will end in exactly one result. An empty key makes one,
     * which *made receives. Returns ALIMI_OK or ALIMI_DUPLICATE.
     */
    int32_t send_alimtalk(const std::string &key, const std::string &to, const std::string &template_name,
                          const std::string &variables = "", const std::string &options = "", std::string *made = nullptr)
    {
        return sent(made, [&](char *out_key, int32_t cap) {
            return alimi_send_alimtalk(number_, key.c_str(), to.c_str(), template_name.c_str(), variables.c_str(),
                                       options.c_str(), out_key, cap);
        });
    }

    /** Keeps one SMS, LMS or MMS. */
    int32_t send_text(const std::string &key, const std::string &to, const std::string &text,
                      const std::string &options = "", std::string *made = nullptr)
    {
        return sent(made, [&](char *out_key, int32_t cap) {
            return alimi_send_text(number_, key.c_str(), to.c_str(), text.c_str(), options.c_str(), out_key, cap);
        });
    }

    /** Keeps many messages; `verdicts` receives JSON. Returns ALIMI_OK, ALIMI_DUPLICATE or ALIMI_PARTIAL. */
    int32_t send_batch(const std::string &messages_json, std::string &verdicts)
    {
        return detail::ask([&](char *buf, int32_t cap) { return alimi_send_batch(number_, messages_json.c_str(), buf, cap); },
                           verdicts, 64 * 1024);
    }

    /** ALIMI_OK; ALIMI_PENDING while the gateway that holds it for later is asked to take it back: the result says whether. */
    int32_t cancel(const std::string &key) { return check(alimi_cancel(number_, key.c_str())); }

    /** Takes the next final result; false when there is none within `wait`. */
    bool poll(Milliseconds wait, Result &result)
    {
        result = Result();
        return check(alimi_poll_result(number_, detail::timeout(wait), &result)) == ALIMI_OK;
    }

    /** The same as JSON, with template, tag and whole texts. */
    bool poll_json(Milliseconds wait, std::string &json)
    {
        return detail::ask([&](char *buf, int32_t cap) {
            return alimi_poll_result_json(number_, detail::timeout(wait), buf, cap); }, json) == ALIMI_OK;
    }

    /** Lets a result go, once you have stored what you need of it. */
    void acknowledge(const std::string &key) { check(alimi_ack_result(number_, key.c_str())); }

    Result status(const std::string &key) const
    {
        Result result;
        check(alimi_get_status(number_, key.c_str(), &result));
        return result;
    }

    std::string status_json(const std::string &key) const
    {
        std::string json;
        detail::ask([&](char *buf, int32_t cap) { return alimi_get_status_json(number_, key.c_str(), buf, cap); }, json);
        return json;
    }

    /** Gives the running client another configuration; on an error nothing has changed. */
    void reload(const std::string &config) { check(alimi_reload(number_, config.c_str())); }

    /** Ends the waiting polls of this client, or the next one where none waits. */
    void wake() { check(alimi_wake(number_)); }

    /** Waits until nothing is due or under way; false when the time ran out. */
    bool flush(Milliseconds wait) { return check(alimi_flush(number_, detail::timeout(wait))) == ALIMI_OK; }

    /** JSON, or CSV where the query says format=csv. */
    std::string statistics(const std::string &query = "") const
    {
        std::string text;
        detail::ask([&](char *buf, int32_t cap) { return alimi_get_stats(number_, query.c_str(), buf, cap); }, text);
        return text;
    }

    /**
     * Asks every gateway for its approved templates and compares them with the configuration. `report` becomes JSON. Returns
     * ALIMI_OK, or ALIMI_PENDING when the time ran out and asking goes on.
     */
    int32_t sync_templates(int32_t timeout_ms, std::string &report)
    {
        return detail::ask(
            [&](char *buf, int32_t cap) { return alimi_sync_templates(number_, timeout_ms, buf, cap); }, report);
    }

    /** How the client is, as JSON. */
    std::string health() const
    {
        std::string json;
        detail::ask([&](char *buf, int32_t cap) { return alimi_get_health(number_, buf, cap); }, json);
        return json;
    }

    /**
     * Hands results to a function on a thread of alimi; an empty one removes it. What the function throws is dropped. Returns
     * ALIMI_OK, or ALIMI_CALLBACK_RUNNING when a call of the function given before goes on.
     */
    int32_t set_result_callback(ResultFunction function)
    {
        if (!callbacks_) throw Error(alimi_set_result_callback(number_, nullptr, nullptr)); /* moved away */
        Listener listener;
        if (function) listener = [this, function](const alimi_result_t &result) { function(*this, result); };
        return callbacks_->set(std::move(listener), [this](Listener *kept) {
            return alimi_set_result_callback(number_, kept != nullptr ? on_result : nullptr, kept);
        });
    }

    /** Returns ALIMI_OK, ALIMI_PENDING when messages stay in the outbox, or ALIMI_CALLBACK_RUNNING. */
    int32_t shutdown(Milliseconds wait)
    {
        const int32_t code = check(alimi_shutdown(number_, detail::timeout(wait)));
        if (code == ALIMI_CALLBACK_RUNNING) {
            callbacks_.release(); /* still needed, for ever as far as we know */
            callbacks_.reset(new detail::Callbacks<Listener>);
        }
        return code;
    }

private:
    typedef std::function<void(const alimi_result_t &)> Listener;

    static void ALIMI_CALL on_result(int32_t, const alimi_result_t *result, void *context)
    {
        try { (*static_cast<Listener *>(context))(*result); } catch (...) {}
    }

    template <typename Call> int32_t sent(std::string *made, Call call)
    {
        char out_key[ALIMI_KEY_SIZE] = "";
        const int32_t code = check(call(out_key, ALIMI_KEY_SIZE));
        if (made != nullptr) *made = out_key;
        return code;
    }

    void close() noexcept
    {
        /* In a forked child, and after a shutdown, this is an error and nothing happens. */
        if (number_ != 0 && alimi_shutdown(number_, detail::timeout(grace_)) == ALIMI_CALLBACK_RUNNING) callbacks_.release();
        number_ = 0;
    }

    int32_t number_;
    Milliseconds grace_;
    std::unique_ptr<detail::Callbacks<Listener>> callbacks_;
};

} // namespace alimi

#endif
