// The only file of nowctl that includes CLI11, which costs five seconds to compile.
#include "ctl/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>

#include "foundation/text/nearest.hpp"

namespace nowd::ctl {
namespace {

constexpr const char* default_config = "/etc/nowd/nowd.yaml";

/// Commands of the design that are not built yet: refused by name.
constexpr std::string_view unsupported_commands[] = {"effects", "approvals", "freeze",     "incidents", "slo",
                                                     "certify", "replay",    "postmortem", "mcp"};

/// Commands of other programs, and the commands of nowctl for the same purpose.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"logs", "nowctl show RUN shows one run, nowctl runs lists them"},
    {"log", "nowctl show RUN shows one run, nowctl runs lists them"},
    {"history", "nowctl runs lists runs, nowctl why JOB AT explains the fate of an occurrence"},
    {"list", "nowctl jobs lists jobs, nowctl runs lists runs"},
    {"ls", "nowctl jobs lists jobs, nowctl runs lists runs"},
    {"status", "nowctl jobs lists the state of jobs, nowctl doctor checks whether all is well"},
    {"health", "nowctl doctor checks whether all is well"},
    {"start", "nowctl run JOB asks for a run"},
    {"trigger", "nowctl run JOB asks for a run"},
    {"stop", "nowctl cancel RUN ends a run, nowctl pause JOB stops starting runs of a job"},
    {"kill", "nowctl cancel RUN ends a run"},
    {"retry", "nowctl run JOB --as-of T runs it for the same moment again"},
    {"rerun", "nowctl run JOB --as-of T runs it for the same moment again"},
    {"disable", "nowctl pause JOB stops starting runs of a job"},
    {"enable", "nowctl resume JOB ends its pause"},
    {"unpause", "nowctl resume JOB ends its pause"},
    {"skip", "nowctl skip-next JOB skips its next occurrence"},
    {"test", "nowctl validate checks files, nowctl run JOB --dry-run tries a job"},
    {"check", "nowctl validate checks files, nowctl doctor the things that they need"},
    {"cost", "nowctl spend lists the cost of model calls"},
    {"messages", "nowctl deliveries lists messages to sinks"},
    {"describe", "nowctl show RUN shows one run"},
    {"help", "nowctl --help lists the commands, nowctl COMMAND --help explains one"}};

CLI::Option* add_option(CLI::App& app, const Option& option) {
  const std::string names = option.alias.empty() ? option.name : option.alias + "," + option.name;
  if (auto* const* flag = std::get_if<bool*>(&option.target)) return app.add_flag(names, **flag);
  if (auto* const* text = std::get_if<std::string*>(&option.target)) return app.add_option(names, **text);
  return app.add_option(names, *std::get<std::vector<std::string>*>(option.target))
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
}

bool is_empty(const Option& option) {
  const auto* text = std::get_if<std::string*>(&option.target);
  return text != nullptr && (*text)->empty();
}

class Parser {
 public:
  explicit Parser(const std::vector<Command>& commands) : commands_(commands) {
    app_.set_help_flag();  // help.cpp makes the help texts
    app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app_.allow_extras();
    app_.require_subcommand(0, 1);  // behind the first command a name is an argument, also the name of a command
    for (const Option& option : global_options(globals_)) add_option(app_, option);
    for (const Command& command : commands_) {
      CLI::App& app = add_command(command.name);
      for (const Option& argument : command.arguments) add_option(app, argument);
      for (const Option& option : command.options) add_option(app, option);
    }
    for (const std::string_view name : unsupported_commands) add_command(name);
  }

  Result<CommandLine> read(int argc, const char* const* argv) {
    try {
      disable_other_commands(argc, argv);
      app_.parse(argc, argv);
    } catch (const CLI::ArgumentMismatch& e) {
      const std::string text = e.what();
      return usage_error(text.substr(0, text.find(':')) + " needs a value");
    } catch (const CLI::ParseError& e) {
      return usage_error(e.what());
    }
    return finish();
  }

 private:
  CLI::App& add_command(std::string_view name) {
    CLI::App* app = app_.add_subcommand(std::string(name));
    app->set_help_flag();
    app->fallthrough();  // global options may follow the command
    app->allow_extras();
    app->add_flag("-h,--help", globals_.help);
    return *app;
  }

  /// The first word that is no option is the command; a later word of that name may be a job.
  void disable_other_commands(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (!word.starts_with('-')) {
        const std::vector<CLI::App*> all = app_.get_subcommands([](CLI::App*) { return true; });
        if (std::ranges::none_of(all, [&](CLI::App* each) { return each->get_name() == word; })) return;
        for (CLI::App* each : all) each->disabled(each->get_name() != word);
        return;
      }
      if (word == "--config" || word == "--database" || word == "--format") ++i;
    }
  }

  Result<CommandLine> finish() {
    if (!app_.get_subcommands().empty()) chosen_name_ = app_.get_subcommands().front()->get_name();
    const auto found = std::ranges::find(commands_, chosen_name_, &Command::name);
    const Command* command = found == commands_.end() ? nullptr : &*found;
    has_help_ = command != nullptr && !command->hidden;
    if (globals_.version) return CommandLine{globals_, {}, "nowctl " NOWD_VERSION "\n"};
    if (globals_.help && has_help_) return CommandLine{globals_, {}, command_help(*command)};
    if (globals_.help && chosen_name_.empty())
      return CommandLine{globals_, {}, general_help(commands_, global_options(globals_))};
    if (chosen_name_.empty() || has_help_)
      if (const auto fault = extra_argument()) return usage_error(*fault);
    if (chosen_name_.empty()) return usage_error("a command is missing");
    if (command == nullptr) return usage_error(chosen_name_ + " is not supported yet");
    if (const Result<void> good = check(*command); !good) return usage_error(good.error().message);
    if (globals_.format != "table" && globals_.format != "json")
      return usage_error("--format '" + globals_.format + "' is neither table nor json");
    finish_globals();
    return CommandLine{std::move(globals_), *command, {}};
  }

  Result<void> check(const Command& command) const {
    if (command.check)
      if (const Result<void> good = command.check(); !good) return good;
    for (const auto* options : {&command.arguments, &command.options})
      for (const Option& option : *options)
        if (option.required && is_empty(option)) return invalid(where() + option.name + " is missing");
    return boost::system::in_place_value;
  }

  std::optional<std::string> extra_argument() const {
    const std::vector<std::string> extras = app_.remaining(true);
    if (extras.empty()) return std::nullopt;
    const std::string& first = extras.front();
    if (first.starts_with('-'))
      return where() + "unknown option '" + first + "'" + did_you_mean(first, known_options());
    if (!chosen_name_.empty()) return where() + "'" + first + "' is one argument too many";
    return "unknown command '" + first + "'" + similar_command(first);
  }

  /// The command for the same purpose, else one with a similar name.
  std::string similar_command(const std::string& word) const {
    for (const auto& [other, ours] : other_names)
      if (other == word) return ": " + std::string(ours);
    std::vector<std::string> known;
    for (const Command& command : commands_)
      if (!command.hidden) known.push_back(command.name);
    std::ranges::sort(known);
    const auto name = nearest_name(word, known);
    return name ? "; did you mean '" + *name + "'?" : "";
  }

  void finish_globals() {
    globals_.json = globals_.format == "json";
    const char* from_environment = std::getenv("NOWD_CONFIG");
    if (globals_.config.empty() && from_environment != nullptr) globals_.config = from_environment;
    globals_.config_named = !globals_.config.empty();
    if (!globals_.config_named) globals_.config = default_config;
  }

  std::vector<std::string> known_options() const {
    std::vector<std::string> names;
    const auto collect = [&](const CLI::App* app) {
      for (const CLI::Option* option : app->get_options())
        for (const std::string& name : option->get_lnames())
          if (std::ranges::find(names, "--" + name) == names.end()) names.push_back("--" + name);
    };
    collect(&app_);
    for (const CLI::App* command : app_.get_subcommands()) collect(command);
    return names;
  }

  std::string where() const { return chosen_name_.empty() ? "" : chosen_name_ + ": "; }
  Error usage_error(const std::string& message) const {
    return invalid(message + "; see nowctl " + (has_help_ ? chosen_name_ + " " : "") + "--help");
  }

  const std::vector<Command>& commands_;
  CLI::App app_;
  Globals globals_;
  std::string chosen_name_;
  bool has_help_ = false;
};

}  // namespace

std::vector<Option> global_options(Globals& globals) {
  return {{"--config", "FILE", &globals.config, "nowd's configuration (else $NOWD_CONFIG, else /etc/nowd/nowd.yaml)"},
          {"--database", "CONNINFO", &globals.database,
           "the ledger (else the configuration's database, as yourself; else libpq's PG* variables)"},
          {"--format", "table|json", &globals.format, "json: one object per line, times in UTC"},
          {"--no-color", "", &globals.no_color, "no colours (NO_COLOR does the same)"},
          {.name = "--help", .target = &globals.help, .help = "this text, or the help of a command", .alias = "-h"},
          {.name = "--version", .target = &globals.version, .help = "the version of nowctl", .alias = "-V"}};
}

Result<CommandLine> read_command_line(int argc, const char* const* argv, const std::vector<Command>& commands) {
  return Parser(commands).read(argc, argv);
}

}  // namespace nowd::ctl
