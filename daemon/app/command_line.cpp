#include "app/command_line.hpp"

#include <CLI/CLI.hpp>

#include "app/version.hpp"

namespace nowd {
namespace {

constexpr int usage_error = 2;

std::string default_config() {
  const char* named = std::getenv("NOWD_CONFIG");
  return named != nullptr && *named != '\0' ? named : "/etc/nowd/nowd.yaml";
}

}  // namespace

std::variant<CommandLine, Answered> parse_command_line(int argc, char** argv) {
  CommandLine line;
  line.config = default_config();
  std::string stop_after;
  CLI::App app{
      "nowd runs AI agents on a schedule so that time can be trusted.\n"
      "Without a command it runs in the foreground on the database of its configuration."};
  app.name("nowd");
  app.set_version_flag("--version", "nowd " + std::string(version));
  app.add_option("--config", line.config, "Configuration file (else $NOWD_CONFIG, else /etc/nowd/nowd.yaml)");
  app.add_flag("--check-config", line.check_config, "Read the configuration and all jobs, say what is wrong, and exit");
  CLI::App* up = app.add_subcommand("up", "Run on a private Postgres that nowd creates, starts and stops itself");
  up->add_option("--dir", line.directory,
                 "Where it lives (else $XDG_STATE_HOME/nowd, else ~/.local/state/nowd; root: /var/lib/nowd-up)");
  up->add_option("--jobs", line.jobs, "Directory of job files, instead of the configuration's `jobs`");
  up->add_option("--for", stop_after, "Stop after this long, such as 30s");
  up->add_option("--config", line.config, "Configuration file");
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    std::ostringstream out;
    app.exit(e, out, out);
    return Answered{out.str(), 0};
  } catch (const CLI::ParseError& e) {
    return Answered{"nowd: " + std::string(e.what()) + "; see nowd --help\n", usage_error};
  }
  line.up = up->parsed();
  if (!stop_after.empty()) {
    const Result<milliseconds> parsed = parse_duration(stop_after);
    if (!parsed) return Answered{"nowd: --for: " + parsed.error().message + "\n", usage_error};
    line.stop_after = *parsed;
  }
  return line;
}

}  // namespace nowd
