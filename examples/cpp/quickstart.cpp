/*
 * Reads the appointments of a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what became of
 * the messages. The same as examples/c/quickstart.c.
 *
 *     quickstart CONFIGURATION APPOINTMENTS
 *
 * Run it twice, or stop it in the middle and run it again: nothing is sent twice. The bytes of the file go to the library as they
 * are, because the configuration says "encoding": "cp949".
 */
#include <alimi.hpp>

#include <fstream>
#include <iomanip>
#include <iostream>
#include <map>
#include <sstream>

namespace {

typedef std::vector<std::string> Row;
const std::size_t NUMBER = 0, INSTITUTION = 1, PHONE = 4; /* columns of the file */
enum { BY_ALIMTALK, BY_TEXT, FAILED, UNKNOWN, EXPIRED, OUTCOMES, OPEN = -1 };
const char *const outcome_names[OUTCOMES] = {"AlimTalk", "LMS/SMS", "failed", "unknown", "expired"};

struct Appointment { std::string institution; int outcome; };
typedef std::map<std::string, Appointment> Appointments;

/* No second byte of a CP949 character is a comma, so this is safe. */
Row split(std::string line)
{
    if (!line.empty() && line[line.size() - 1] == '\r') line.erase(line.size() - 1);
    std::stringstream stream(line);
    Row row;
    for (std::string field; std::getline(stream, field, ',');) row.push_back(field);
    return row;
}

int outcome_of(const alimi_result_t &result)
{
    switch (result.state) {
    case ALIMI_STATE_DELIVERED: return result.channel == ALIMI_CHANNEL_ALIMTALK ? BY_ALIMTALK : BY_TEXT;
    case ALIMI_STATE_FAILED: return FAILED;
    case ALIMI_STATE_UNKNOWN: return UNKNOWN;
    case ALIMI_STATE_EXPIRED:
    case ALIMI_STATE_CANCELLED: return EXPIRED;
    default: return OPEN;
    }
}

/* Hands all reminders over. Each is on disk when send_alimtalk returns. */
Appointments send_reminders(alimi::Client &client, const char *path, Row &institutions)
{
    std::ifstream file(path, std::ios::binary);
    std::string line;
    if (!std::getline(file, line)) throw std::runtime_error("the file of appointments cannot be read");
    const Row names = split(line);
    Appointments appointments;
    int earlier = 0;
    while (std::getline(file, line)) {
        const Row row = split(line);
        if (row.size() != names.size()) throw std::runtime_error("the file has a line with too few columns");
        std::string variables; /* the columns' headings are the names of the template's variables */
        for (std::size_t i = 0; i < row.size(); i++)
            if (i != NUMBER && i != INSTITUTION && i != PHONE) variables += names[i] + "=" + row[i] + "\n";
        const int32_t code =
            client.send_alimtalk(row[NUMBER], row[PHONE], "reminder", variables, "account=" + row[INSTITUTION]);
        /* What an earlier run has acknowledged does not come again; its result can be looked up. */
        const int outcome = code == ALIMI_DUPLICATE ? outcome_of(client.status(row[NUMBER])) : OPEN;
        earlier += code == ALIMI_DUPLICATE;
        appointments[row[NUMBER]] = Appointment{row[INSTITUTION], outcome};
        bool known = false;
        for (const auto &institution : institutions) known = known || institution == row[INSTITUTION];
        if (!known) institutions.push_back(row[INSTITUTION]);
    }
    std::cout << appointments.size() << " messages handed over\n";
    if (earlier > 0) std::cout << earlier << " were accepted by an earlier run and are not sent again\n";
    std::cout << std::flush;
    return appointments;
}

/* Takes results until every message has one. What is not acknowledged comes again, after a crash as well. */
void collect_results(alimi::Client &client, Appointments &appointments)
{
    int open = 0, taken = 0;
    for (const auto &appointment : appointments) open += appointment.second.outcome == OPEN;
    alimi::Result result;
    for (;;) {
        if (!client.poll(std::chrono::seconds(open > 0 ? 1 : 0), result)) {
            if (open == 0) return;
            continue;
        }
        /* Here a real program writes the result to its own database; then it lets it go. */
        client.acknowledge(result.key);
        const auto found = appointments.find(result.key);
        if (found != appointments.end() && found->second.outcome == OPEN) {
            found->second.outcome = outcome_of(result);
            open--;
        }
        if (++taken % 250 == 0) std::cout << taken << " results taken\n";
    }
}

void print_table(const Appointments &appointments, Row institutions)
{
    std::map<std::string, std::vector<int>> counts;
    institutions.push_back("all");
    for (const auto &appointment : appointments)
        for (const std::string &row : {appointment.second.institution, std::string("all")}) {
            counts[row].resize(OUTCOMES + 1);
            counts[row][static_cast<std::size_t>(appointment.second.outcome)]++;
            counts[row][OUTCOMES]++;
        }
    std::cout << '\n' << std::left << std::setw(12) << "institution" << std::right;
    for (const char *name : outcome_names) std::cout << std::setw(10) << name;
    std::cout << std::setw(10) << "total" << '\n';
    for (const auto &row : institutions) {
        std::cout << std::left << std::setw(12) << row << std::right;
        for (int count : counts[row]) std::cout << std::setw(10) << count;
        std::cout << '\n';
    }
}

} // namespace

int main(int argc, char **argv)
{
    try {
        if (argc != 3) throw std::runtime_error("usage: quickstart CONFIGURATION APPOINTMENTS");
        Row institutions;
        alimi::Client client(argv[1]);
        Appointments appointments = send_reminders(client, argv[2], institutions);
        collect_results(client, appointments);
        client.shutdown(std::chrono::seconds(5));
        print_table(appointments, institutions);
        return 0;
    } catch (const std::exception &error) {
        std::cerr << "quickstart: " << error.what() << '\n';
        return 1;
    }
}
