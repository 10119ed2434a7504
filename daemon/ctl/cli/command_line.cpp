// The only file that includes CLI11, which costs five seconds to compile.
#include "ctl/cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <functional>

#include "ctl/cli/command_rules.hpp"
#include "ctl/cli/command_tree.hpp"
#include "ctl/cli/help.hpp"
#include "foundation/text/nearest.hpp"

namespace nowd::ctl {
namespace {

constexpr const char* default_config = "/etc/nowd/nowd.yaml";

/// Commands and options of the design that are not built: refused by name, never ignored.
const std::vector<std::string> unsupported_commands{"effects", "approvals", "freeze",     "incidents", "slo",
                                                    "certify", "replay",    "postmortem", "mcp"};

constexpr const char* run_states =
    "running|suspended|committing|succeeded|failed|interrupted|orphaned|denied|cancelled|aborted_partial";
constexpr const char* job_name = "JOB";  ///< shells ask nowctl which there are
constexpr const char* delivery_states = "pending|sending|delivered|failed|unknown|expired|shown";

/// Builds the parser and keeps what it fills.
class Parser {
 public:
  Parser() {
    app_.set_help_flag();  // the help texts are written by hand
    app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    app_.allow_extras();
    app_.require_subcommand(0, 1);  // behind the first command a name is an argument, also that of a command
    app_.add_flag("-h,--help", help_);
    app_.add_flag("-V,--version", version_);
    app_.add_option("--config", config_)->type_name("FILE");
    app_.add_option("--database", globals_.database);
    app_.add_option("--format", format_)->type_name("table|json");
    app_.add_flag("--no-color", globals_.no_color);
    add_offline();
    add_looking();
    add_acting();
  }

  Result<CommandLine> read(int argc, const char* const* argv) {
    try {
      choose_command(argc, argv);
      app_.parse(argc, argv);
    } catch (const CLI::ArgumentMismatch& e) {
      const std::string text = e.what();
      return fail(text.substr(0, text.find(':')) + " needs a value");
    } catch (const CLI::ParseError& e) {
      return fail(e.what());
    }
    return finish();
  }

  /// What is refused by name is no part of it.
  CommandTree tree() const {
    CommandTree out;
    for (const CLI::Option* option : app_.get_options()) out.options.push_back(entry(*option));
    for (const CLI::App* command : app_.get_subcommands([](const CLI::App*) { return true; })) {
      if (command_help(command->get_name()).empty()) continue;
      CommandEntry one{command->get_name(), {}, {}};
      for (const CLI::Option* option : command->get_options()) {
        if (option->check_name("--help")) continue;
        (option->get_positional() ? one.arguments : one.options).push_back(entry(*option));
      }
      out.commands.push_back(std::move(one));
    }
    return out;
  }

 private:
  using Make = std::function<Result<Command>()>;

  CLI::App* add(const std::string& name, Make make) {
    CLI::App* command = app_.add_subcommand(name);
    command->set_help_flag();
    command->fallthrough();  // global options may follow the command
    command->allow_extras();
    command->add_flag("-h,--help", help_);
    makers_[name] = std::move(make);
    return command;
  }

  /// The first word that is no option is the command; a later word of that name is a job's.
  void choose_command(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (!word.starts_with('-')) {
        if (makers_.contains(word))
          for (CLI::App* other : app_.get_subcommands([](CLI::App*) { return true; }))
            other->disabled(other->get_name() != word);
        return;
      }
      if (word == "--config" || word == "--database" || word == "--format") ++i;
    }
  }

  static OptionEntry entry(const CLI::Option& option) {
    OptionEntry out{{}, option.get_items_expected_max() > 0, option.get_type_name()};
    for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
    for (const std::string& name : option.get_snames()) out.names.push_back("-" + name);
    if (option.get_positional()) out.names.push_back(option.get_name(true));
    if (out.names.front() == "JOB" || out.names.front() == "--job") out.value = job_name;
    return out;
  }

  void add_offline() {
    CLI::App* validate = add("validate", [this] { return Command(validate_); });
    validate->add_option("FILE", validate_.files)
        ->type_name("FILE")
        ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    validate->add_flag("--online", validate_.online);
    add("doctor", [] { return Command(Doctor{}); });
    CLI::App* next = add("next", [this] { return checked(next_); });
    next->add_option("JOB", next_.job);
    next->add_option("--cron", next_.cron);
    next->add_option("--timezone", next_.timezone);
    next->add_option("--gap", next_.gap)->type_name("next|shift|skip");
    next->add_option("--fold", next_.fold)->type_name("first|second|both");
    next->add_option("--day-match", next_.day_match)->type_name("or|and");
    next->add_option("--from", next_.from);
    next->add_option("--until", next_.until);
    next->add_option("--count", next_.count);
    next->add_flag("--around-dst", next_.around_dst);
    CLI::App* rehearse = add("rehearse", [this] { return Command(rehearse_); });
    rehearse->add_option("JOB", rehearse_.jobs)->multi_option_policy(CLI::MultiOptionPolicy::Throw);
    rehearse->add_option("--from", rehearse_.from);
    rehearse->add_option("--until", rehearse_.until);
    rehearse->add_option("--timezone", rehearse_.timezone);
    rehearse->add_option("--run-length", rehearse_.run_length);
    rehearse->add_option("--down", rehearse_.down);
    rehearse->add_option("--count", rehearse_.count);
    CLI::App* migrate = add("migrate", [this] { return Command(migrate_); });
    migrate->add_flag("--dry-run", migrate_.dry_run);
    migrate->add_flag("--no-roles", migrate_.no_roles);
    CLI::App* completion = add("completion", [this] { return checked(completion_); });
    completion->add_option("SHELL", completion_.shell)->type_name("bash|zsh|fish");
    CLI::App* complete = add("__complete", [this] { return Command(complete_); });
    complete->add_option("WHAT", complete_.what);
  }

  void add_looking() {
    add("jobs", [] { return Command(Jobs{}); });
    CLI::App* runs = add("runs", [this] { return Command(runs_); });
    runs->add_option("--job", runs_.job);
    runs->add_option("--since", runs_.since);
    runs->add_option("--state", runs_.state)->type_name(run_states);
    runs->add_option("--limit", runs_.limit);
    CLI::App* show = add("show", [this] { return checked(show_); });
    show->add_option("RUN", show_.run)->type_name(job_name);
    show->add_flag("--full", show_.full);
    show->add_flag("--conversation", show_.conversation);
    show->add_flag("--prompt", show_.prompt);
    show->add_flag("--inputs", show_.inputs);
    CLI::App* explain = add("explain", [this] { return Command(explain_); });
    explain->add_option("WORD", explain_.word);
    CLI::App* clocks = add("clocks", [this] { return checked(clocks_); });
    clocks->add_option("RUN", clocks_.run)->type_name(job_name);
    clocks->add_option("--job", clocks_.job);
    clocks->add_option("--since", clocks_.since);
    CLI::App* verify = add("verify", [this] { return Command(verify_); });
    verify->add_option("--job", verify_.job);
    verify->add_option("--since", verify_.since);
    CLI::App* deliveries = add("deliveries", [this] { return Command(deliveries_); });
    deliveries->add_option("--job", deliveries_.job);
    deliveries->add_option("--sink", deliveries_.sink);
    deliveries->add_option("--state", deliveries_.state)->type_name(delivery_states);
    deliveries->add_option("--run", deliveries_.run);
    deliveries->add_option("--limit", deliveries_.limit);
    CLI::App* spend = add("spend", [this] { return Command(spend_); });
    spend->add_option("--job", spend_.job);
    spend->add_option("--since", spend_.since);
    CLI::App* stops = add("stops", [this] { return checked(stops_); });
    stops->add_option("--job", stops_.job);
    stops->add_option("--since", stops_.since);
    stops->add_flag("--table", stops_.table);
    CLI::App* why = add("why", [this] { return required({{"JOB", why_.job}}, Command(why_)); });
    why->add_option("JOB", why_.job);
    why->add_option("AT", why_.at);
    why->add_option("--timezone", why_.timezone);
  }

  void add_acting() {
    CLI::App* run = add("run", [this] { return checked(run_); });
    run->add_option("JOB", run_.job);
    run->add_option("--as-of", run_.as_of);
    run->add_option("--timezone", run_.timezone);
    run->add_flag("--effects", run_.effects);
    run->add_flag("--wait", run_.wait);
    run->add_option("--input", run_.input);
    run->add_flag("--dry-run", run_.dry_run);
    run->add_flag("--deliver", run_.deliver);
    run->add_flag("--after", run_.after);
    run->add_flag("--even-if-paused", run_.even_if_paused);
    CLI::App* requests = add("requests", [this] { return Command(requests_); });
    requests->add_option("--job", requests_.job);
    CLI::App* prune = add("prune", [this] { return Command(prune_); });
    prune->add_option("--job", prune_.job);
    prune->add_flag("--dry-run", prune_.dry_run);
    add_deciding();
    add_accepting(clock_);
    add_accepting(ledger_);
    for (const std::string& name : unsupported_commands)
      add(name, [name]() -> Result<Command> { return invalid(name + " is not supported yet"); });
  }

  void add_deciding() {
    CLI::App* pause =
        add("pause", [this] { return required({{"JOB", pause_.job}, {"--reason", pause_.reason}}, Command(pause_)); });
    pause->add_option("JOB", pause_.job);
    pause->add_option("--reason", pause_.reason);
    CLI::App* resume = add("resume", [this] { return required({{"JOB", resume_.job}}, Command(resume_)); });
    resume->add_option("JOB", resume_.job);
    CLI::App* skip_next = add("skip-next", [this] { return checked(skip_next_); });
    skip_next->add_option("JOB", skip_next_.job);
    skip_next->add_option("--reason", skip_next_.reason);
    skip_next->add_flag("--undo", skip_next_.undo);
    CLI::App* cancel = add("cancel", [this] { return checked(cancel_); });
    cancel->add_option("RUN", cancel_.run);
    cancel->add_option("--request", cancel_.request);
    cancel->add_option("--reason", cancel_.reason);
    CLI::App* backfill = add("backfill", [this] {
      return required({{"JOB", backfill_.job}, {"--from", backfill_.from}, {"--until", backfill_.until}},
                      Command(backfill_));
    });
    backfill->add_option("JOB", backfill_.job);
    backfill->add_option("--from", backfill_.from);
    backfill->add_option("--until", backfill_.until);
    backfill->add_option("--timezone", backfill_.timezone);
    backfill->add_flag("--effects", backfill_.effects);
    backfill->add_flag("--dry-run", backfill_.dry_run);
    backfill->add_flag("--deliver", backfill_.deliver);
    backfill->add_flag("--after", backfill_.after);
  }

  void add_accepting(Accept& accept) {
    CLI::App* command = add(accept.cause, [&accept]() -> Result<Command> {
      if (accept.action == "accept") return Command(accept);
      return invalid(accept.cause + ": say what to do: accept");
    });
    command->add_option("ACTION", accept.action)->type_name("accept");
    command->add_option("--reason", accept.reason);
  }

  Result<Command> required(std::vector<std::pair<std::string, std::string>> arguments, Command command) const {
    for (const auto& [name, value] : arguments)
      if (value.empty()) return invalid(chosen_ + ": " + name + " is missing");
    return command;
  }

  Result<CommandLine> finish() {
    CLI::App* command = app_.get_subcommands().empty() ? nullptr : app_.get_subcommands().front();
    if (command != nullptr) chosen_ = command->get_name();
    if (version_) return tell("nowctl " NOWD_VERSION "\n");
    if (help_ && !command_help(chosen_).empty()) return tell(std::string(command_help(chosen_)));
    if (help_ && chosen_.empty()) return tell(std::string(general_help()));
    const bool built = !command_help(chosen_).empty();
    if (chosen_.empty() || built)
      if (const auto fault = extra_argument()) return fail(*fault);
    if (chosen_.empty()) return fail("a command is missing");
    Result<Command> made = makers_.at(chosen_)();
    if (!made) return fail(made.error().message);
    if (auto fault = finish_globals()) return fail(*fault);
    return CommandLine{std::move(globals_), std::move(*made)};
  }

  std::optional<std::string> extra_argument() {
    const std::vector<std::string> extras = app_.remaining(true);
    if (extras.empty()) return std::nullopt;
    const std::string& first = extras.front();
    if (first.starts_with('-')) return where() + "unknown option '" + first + "'" + did_you_mean(first, options());
    if (!chosen_.empty()) return where() + "'" + first + "' is one argument too many";
    return "unknown command '" + first + "'" + meant(first, commands());
  }

  /// Words of other programs, and then words that look alike.
  static std::string meant(const std::string& word, const std::vector<std::string>& known) {
    constexpr std::pair<std::string_view, std::string_view> elsewhere[] = {
        {"logs", "nowctl show RUN tells one run, nowctl runs lists them"},
        {"log", "nowctl show RUN tells one run, nowctl runs lists them"},
        {"history", "nowctl runs lists runs, nowctl why JOB AT tells what became of an occurrence"},
        {"list", "nowctl jobs lists jobs, nowctl runs lists runs"},
        {"ls", "nowctl jobs lists jobs, nowctl runs lists runs"},
        {"status", "nowctl jobs lists how jobs stand, nowctl doctor checks whether all is well"},
        {"health", "nowctl doctor checks whether all is well"},
        {"start", "nowctl run JOB asks for a run"},
        {"trigger", "nowctl run JOB asks for a run"},
        {"stop", "nowctl cancel RUN ends a run, nowctl pause JOB holds a job"},
        {"kill", "nowctl cancel RUN ends a run"},
        {"retry", "nowctl run JOB --as-of T runs it for the same moment again"},
        {"rerun", "nowctl run JOB --as-of T runs it for the same moment again"},
        {"disable", "nowctl pause JOB holds a job"},
        {"enable", "nowctl resume JOB ends its pause"},
        {"unpause", "nowctl resume JOB ends its pause"},
        {"skip", "nowctl skip-next JOB skips its next occurrence"},
        {"test", "nowctl validate checks files, nowctl run JOB --dry-run tries a job"},
        {"check", "nowctl validate checks files, nowctl doctor what they need"},
        {"cost", "nowctl spend tells what model calls cost"},
        {"messages", "nowctl deliveries lists messages to sinks"},
        {"describe", "nowctl show RUN tells one run"},
        {"help", "nowctl --help tells the commands, nowctl COMMAND --help one of them"}};
    for (const auto& [other, ours] : elsewhere)
      if (other == word) return ": " + std::string(ours);
    const auto name = nearest_name(word, known);
    return name ? "; did you mean '" + *name + "'?" : "";
  }

  std::optional<std::string> finish_globals() {
    if (format_ != "table" && format_ != "json") return "--format '" + format_ + "' is neither table nor json";
    globals_.json = format_ == "json";
    const char* from_environment = std::getenv("NOWD_CONFIG");
    const bool in_environment = from_environment != nullptr && *from_environment != '\0';
    globals_.config_named = !config_.empty() || in_environment;
    globals_.config = !config_.empty() ? config_ : in_environment ? from_environment : default_config;
    return std::nullopt;
  }

  std::vector<std::string> commands() const {
    std::vector<std::string> names;
    for (const auto& [name, make] : makers_)
      if (!command_help(name).empty()) names.push_back(name);
    return names;
  }

  std::vector<std::string> options() const {
    std::vector<std::string> names;
    const auto collect = [&](const CLI::App* app) {
      for (const CLI::Option* option : app->get_options())
        for (const std::string& name : option->get_lnames())
          if (std::find(names.begin(), names.end(), "--" + name) == names.end()) names.push_back("--" + name);
    };
    collect(&app_);
    for (const CLI::App* command : app_.get_subcommands()) collect(command);
    return names;
  }

  std::string where() const { return chosen_.empty() ? "" : chosen_ + ": "; }
  static Result<CommandLine> tell(std::string text) { return CommandLine{{}, Tell{std::move(text)}}; }
  Error fail(const std::string& message) const {
    const bool has_help = !command_help(chosen_).empty();
    return invalid(message + "; see nowctl " + (has_help ? chosen_ + " " : "") + "--help");
  }

  CLI::App app_;
  Globals globals_;
  std::string config_, format_ = "table", chosen_;
  bool help_ = false, version_ = false;
  Validate validate_;
  Next next_;
  Rehearse rehearse_;
  Migrate migrate_;
  Completion completion_;
  Run run_;
  Requests requests_;
  Pause pause_;
  Resume resume_;
  SkipNext skip_next_;
  Cancel cancel_;
  Backfill backfill_;
  Runs runs_;
  Show show_;
  Explain explain_;
  Complete complete_;
  Clocks clocks_;
  Verify verify_;
  Deliveries deliveries_;
  Why why_;
  Prune prune_;
  Accept clock_{"clock", "", ""}, ledger_{"ledger", "", ""};
  Spend spend_;
  Stops stops_;
  std::map<std::string, Make> makers_;
};

}  // namespace

CommandTree command_tree() { return Parser().tree(); }

Result<CommandLine> read_command_line(int argc, const char* const* argv) {
  Parser parser;
  return parser.read(argc, argv);
}

}  // namespace nowd::ctl
