#include "config/actions/checks.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "foundation/text/words.hpp"

namespace nowd {
namespace {

/// Where an interpreter's command line holds a program.
struct Interpreter {
  enum class Operands {
    file,     ///< the first operand is a file, all after it is data
    program,  ///< the first operand is a program, unless an option brought one
    command,  ///< the operands after the first are a command
    data,     ///< none is a program
  };
  std::string_view name;
  std::string_view program;     ///< letters of options that have a program behind them: "-c", "-lc"
  std::string_view with_value;  ///< letters of options with another value behind them
  Operands operands = Operands::file;
  std::array<std::string_view, 2> words{};  ///< long options with a program behind them
};

using enum Interpreter::Operands;

constexpr std::array interpreters{Interpreter{"sh", "c", "oO"},
                                  Interpreter{"bash", "c", "oO", file, {"--init-file", "--rcfile"}},
                                  Interpreter{"rbash", "c", "oO"},
                                  Interpreter{"dash", "c", "o"},
                                  Interpreter{"ash", "c", "o"},
                                  Interpreter{"zsh", "c", "o"},
                                  Interpreter{"ksh", "c", "o"},
                                  Interpreter{"mksh", "c", "o"},
                                  Interpreter{"yash", "c", "o"},
                                  Interpreter{"csh", "c", ""},
                                  Interpreter{"tcsh", "c", ""},
                                  Interpreter{"fish", "cC", "", file, {"--command", "--init-command"}},
                                  Interpreter{"nu", "c", "", file, {"--commands", "--execute"}},
                                  Interpreter{"pwsh", "c", "", file, {"-command", "-encodedcommand"}},
                                  Interpreter{"python", "c", "mWX"},
                                  Interpreter{"pypy", "c", "mWX"},
                                  Interpreter{"perl", "eE", "MmIi0FxCD"},
                                  Interpreter{"ruby", "e", "rIECKFi0W"},
                                  Interpreter{"node", "ep", "rC", file, {"--eval", "--print"}},
                                  Interpreter{"nodejs", "ep", "rC", file, {"--eval", "--print"}},
                                  Interpreter{"php", "rBRE", "cdzSt", file, {"--run", "--process-code"}},
                                  Interpreter{"lua", "e", "l"},
                                  Interpreter{"awk", "e", "fvFi", program, {"--source"}},
                                  Interpreter{"gawk", "e", "fvFi", program, {"--source"}},
                                  Interpreter{"mawk", "", "fvFW", program},
                                  Interpreter{"psql", "c", "dfvhpUoLPFRT", data, {"--command"}},
                                  Interpreter{"mysql", "e", "uhPDS", data, {"--execute", "--init-command"}},
                                  Interpreter{"mariadb", "e", "uhPDS", data, {"--execute", "--init-command"}},
                                  Interpreter{"su", "c", "sgGw", data, {"--command", "--session-command"}},
                                  Interpreter{"runuser", "c", "sgGuw", data, {"--command", "--session-command"}},
                                  Interpreter{"script", "c", "EIOBTtmo", data, {"--command"}},
                                  Interpreter{"flock", "c", "wE", data, {"--command"}},
                                  Interpreter{"env", "S", "uC", data, {"--split-string"}},
                                  Interpreter{"ssh", "", "BbcDEeFIiJLlmOopQRSWw", command}};

/// Programs that start the program that is named among their arguments.
constexpr std::array<std::string_view, 36> starters{
    "env",      "nice",  "nohup",  "timeout", "setsid",  "sudo",    "doas",     "stdbuf",  "busybox",
    "toybox",   "time",  "ionice", "chrt",    "taskset", "unshare", "nsenter",  "chroot",  "systemd-run",
    "flock",    "xargs", "docker", "podman",  "kubectl", "su",      "runuser",  "setpriv", "bwrap",
    "firejail", "tini",  "gosu",   "strace",  "prlimit", "script",  "parallel", "ssh",     "watch"};

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

/// "python" of "/usr/bin/python3.11".
const Interpreter* interpreter_of(std::string_view element) {
  std::string_view name = base_name(element);
  while (!name.empty() && (name.back() == '.' || (name.back() >= '0' && name.back() <= '9'))) name.remove_suffix(1);
  const auto found =
      std::find_if(interpreters.begin(), interpreters.end(), [&](const Interpreter& one) { return one.name == name; });
  return found == interpreters.end() ? nullptr : &*found;
}

struct Option {
  bool program = false;     ///< in it, or behind it
  bool takes_next = false;  ///< its value is the next element
  bool names_file = false;  ///< that value is a file with the program
};

Option option_of(const Interpreter& one, std::string_view element) {
  const std::string small = lower(element);
  for (const std::string_view word : one.words)
    if (!word.empty() && (small == word || small.starts_with(std::string(word) + "="))) return {.program = true};
  if (element.starts_with("--")) return {};
  Option out;
  for (std::size_t i = 1; i < element.size(); ++i) {
    if (one.program.find(element[i]) != std::string_view::npos) out.program = true;
    if (one.with_value.find(element[i]) == std::string_view::npos) continue;
    out.takes_next = i + 1 == element.size();
    out.names_file = element[i] == 'f';
    break;
  }
  return out;
}

void add_programs(const std::vector<std::string>& argv, std::size_t at, const Interpreter& one,
                  std::vector<std::size_t>& out) {
  bool wanted = false, given = false, first = true;
  for (std::size_t i = at + 1; i < argv.size(); ++i) {
    const std::string& element = argv[i];
    if (element.size() > 1 && (element.front() == '-' || element.front() == '+')) {
      const Option option = option_of(one, element);
      if (wanted || option.program) out.push_back(i);
      wanted = wanted || option.program;
      given = given || option.names_file;
      if (option.takes_next) ++i;
      continue;
    }
    const bool by_place = first ? one.operands == program && !given : one.operands == command;
    if (wanted || by_place) out.push_back(i);
    if (first && !wanted && one.operands == file) return;
    if (wanted && one.program == "c" && one.operands == file) return;  // its arguments follow
    given = given || wanted;
    wanted = false;
    first = false;
  }
}

}  // namespace

std::vector<std::size_t> script_arguments(const std::vector<std::string>& argv) {
  std::vector<std::size_t> out;
  if (argv.empty()) return out;
  const bool by_another = std::find(starters.begin(), starters.end(), base_name(argv.front())) != starters.end();
  for (std::size_t i = 0; i < argv.size() && (i == 0 || by_another); ++i)
    if (const Interpreter* interpreter = interpreter_of(argv[i])) add_programs(argv, i, *interpreter, out);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace nowd
