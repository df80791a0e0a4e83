#include "cmd/terminal.hpp"

#include "base/error.hpp"
#include "base/system_error.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

namespace mtls::cmd {
namespace {

constexpr std::size_t k_line_limit = 1023;

/// They come from others at any time: blocked but for the wait for input.
constexpr std::array k_asynchronous{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGALRM};
/// And those that our own use of the terminal raises, in the background.
constexpr std::array k_signals{SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                               SIGTSTP, SIGALRM, SIGTTIN, SIGTTOU};

/// Signals that arrived while a question stood, one flag each. A handler can reach nothing else.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
std::array<volatile sig_atomic_t, NSIG> g_arrived{};

void note_signal(int number) { g_arrived.at(static_cast<std::size_t>(number)) = 1; }

/// While it lives, signals are only noted, and the asynchronous ones arrive only in `wait`.
class SignalsNoted final {
 public:
  SignalsNoted() {
    sigset_t blocked;
    ::sigemptyset(&blocked);
    for (const int number : k_asynchronous) ::sigaddset(&blocked, number);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &m_mask);
    struct sigaction action {};
    action.sa_handler = note_signal;  // without SA_RESTART
    ::sigemptyset(&action.sa_mask);
    for (std::size_t i = 0; i < k_signals.size(); ++i) {
      g_arrived.at(static_cast<std::size_t>(k_signals.at(i))) = 0;
      ::sigaction(k_signals.at(i), nullptr, &m_before.at(i));
      // What was ignored stays ignored (nohup, a shell's background job).
      if (m_before.at(i).sa_handler != SIG_IGN) ::sigaction(k_signals.at(i), &action, nullptr);
    }
  }
  SignalsNoted(const SignalsNoted&) = delete;
  SignalsNoted& operator=(const SignalsNoted&) = delete;
  ~SignalsNoted() {
    for (std::size_t i = 0; i < k_signals.size(); ++i) {
      ::sigaction(k_signals.at(i), &m_before.at(i), nullptr);
    }
    ::pthread_sigmask(SIG_SETMASK, &m_mask, nullptr);
  }

  /// Waits for input; false where a signal came first. Unblocking and waiting are one step, or a
  /// signal just before the wait would be noted and then slept over.
  [[nodiscard]] bool wait() const {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    return ::ppoll(&input, 1, nullptr, &m_mask) >= 0 || errno != EINTR;
  }

 private:
  sigset_t m_mask{};
  std::array<struct sigaction, k_signals.size()> m_before{};
};

/// While it lives, what is typed does not show.
class EchoOff final {
 public:
  explicit EchoOff(Echo echo) {
    if (echo == Echo::on) return;
    if (::tcgetattr(STDIN_FILENO, &m_before) != 0) throw_errno(errno, k_cannot_silence);
    termios silent = m_before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL);
    m_changed = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    if (m_changed) return;
    // A secret is never typed in the open: in the background SIGTTOU came, and stops us soon.
    if (errno != EINTR) throw_errno(errno, k_cannot_silence);
    m_interrupted = true;
  }
  EchoOff(const EchoOff&) = delete;
  EchoOff& operator=(const EchoOff&) = delete;
  ~EchoOff() {
    if (!m_changed) return;
    while (::tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before) != 0 && errno == EINTR) {
    }
    const ssize_t ignored = ::write(STDERR_FILENO, "\n", 1);
    static_cast<void>(ignored);
  }
  [[nodiscard]] bool interrupted() const noexcept { return m_interrupted; }

 private:
  static constexpr std::string_view k_cannot_silence = "cannot turn the terminal's echo off";
  termios m_before{};
  bool m_changed = false;
  bool m_interrupted = false;
};

enum class Ending { line, end_of_input, interrupted, too_long };

void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, text.data(), text.size());
    if (count < 0) return;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

/// Reads octet by octet, so that what follows the line stays for the next question.
Ending read_line(SecretBytes& line, const SignalsNoted& signals) {
  bool too_long = false;
  for (;;) {
    if (!signals.wait()) return Ending::interrupted;
    char c = 0;
    const ssize_t count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR) return Ending::interrupted;
    if (count < 0) throw_errno(errno, "cannot read from the terminal");
    if (count == 0) return line.empty() ? Ending::end_of_input : Ending::line;
    if (c == '\n') return too_long ? Ending::too_long : Ending::line;
    if (line.size() == k_line_limit) {
      too_long = true;
    } else {
      line.append(as_bytes({&c, 1}));
    }
  }
}

/// One try: the terminal is as before when it returns, and signals work again.
Ending try_ask(std::string_view question, Echo echo, SecretBytes& line) {
  const SignalsNoted noted;
  const EchoOff silent(echo);
  if (silent.interrupted()) return Ending::interrupted;
  put(question);
  return read_line(line, noted);
}

/// Sends the noted signals again, now with their usual effect. Returns if the process lives on: it
/// was stopped and continued.
void deliver_noted() {
  for (const int number : k_signals) {
    if (g_arrived.at(static_cast<std::size_t>(number)) != 0) ::kill(::getpid(), number);
  }
}

}  // namespace

bool can_ask() noexcept { return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1; }

std::optional<SecretBytes> ask_line(std::string_view question, Echo echo) {
  for (;;) {
    SecretBytes line;
    const Ending ending = try_ask(question, echo, line);
    deliver_noted();
    switch (ending) {
      case Ending::line:
        return line;
      case Ending::end_of_input:
        if (echo == Echo::on) put("\n");  // what is said next begins a line of its own
        return std::nullopt;
      case Ending::too_long:
        throw Error(Errc::usage, "the answer is longer than 1,023 octets");
      case Ending::interrupted:
        break;
    }
  }
}

}  // namespace mtls::cmd
