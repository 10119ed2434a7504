#include "surface/meanings.hpp"

#include <algorithm>

#include "surface/text.hpp"

namespace nowd {
namespace {

using enum WordOf;

constexpr WordMeaning meanings_by_word[] = {
    {run_state, "running", "a daemon is serving it", ""},
    {run_state, "suspended", "it was deferred because a provider asked to come back later; no daemon serves it",
     "Another attempt serves it at not_before. nowctl cancel RUN ends it."},
    {run_state, "committing", "its output is decided, and is being recorded", ""},
    {run_state, "succeeded", "its last model call ended as an answer, and its output was recorded", ""},
    {run_state, "failed", "it ended without an output; `reason` says why", "nowctl show RUN shows the cause."},
    {run_state, "interrupted", "it ended while an effect may have happened, or after one: it is not repeated",
     "Look whether the effect is there, by its key: nowctl show RUN has it, nowd.effects_in_doubt lists all."},
    {run_state, "orphaned", "no daemon serves this attempt any more; another attempt does",
     "nowctl why JOB AT names it."},
    {run_state, "denied", "it was not allowed to run", ""},
    {run_state, "cancelled", "it was ended before it had an effect", ""},
    {run_state, "aborted_partial", "it was ended after it had made effects, which stand",
     "nowctl show RUN lists the effects that were made."},

    {run_reason, "limit", "it reached a limit of its job: time, calls, tokens or money",
     "Raise limits: in the job's file, or look for the loop: nowctl show RUN --conversation."},
    {run_reason, "input", "an input that the job requires could not be read",
     "nowctl show RUN has the input's own words; required: false lets a run go on without it."},
    {run_reason, "when", "the question whether there is anything to do failed", "nowctl show RUN has its error."},
    {run_reason, "nothing_to_do", "`when` found nothing to do, so no model was asked", ""},
    {run_reason, "output", "the output does not fit the form that the job demands, and one repair did not help",
     "nowctl show RUN --conversation shows the answers; output: in the job's file has the form."},
    {run_reason, "contradicted", "the model had the date, and still used another one",
     "nowctl clocks RUN shows which; nothing of that turn was done."},
    {run_reason, "effect_failed", "the last call of a tool with effects failed, and no later call made it good",
     "nowctl show RUN has the tool's own words. A tool whose failures the model may handle: on_error: tell."},
    {run_reason, "effect_missing", "an effect that the job demands (output.must_call) was not made",
     "nowctl show RUN --conversation shows the calls that the model made instead."},
    {run_reason, "effect_in_doubt", "an effect was cut off while it was under way: it may have happened",
     "Look for it by its key (nowctl show RUN); nowd does not repeat it."},
    {run_reason, "effects_made", "it was ended after effects that stand", "nowctl show RUN lists them."},
    {run_reason, "effects_not_repeated", "its daemon ended after an effect was made, so it is not served again",
     "nowctl show RUN lists the effects; nowctl run JOB --as-of T --effects runs it again on purpose."},
    {run_reason, "command_in_doubt", "its daemon ended while the job's command was under way: it is not run again",
     "Look at the effects of the command. For one without effects write repeat: pure."},
    {run_reason, "node_died", "its daemon ended before any effect; it is served again", ""},
    {run_reason, "crash_loop", "three attempts were orphaned, and this run may end the daemon",
     "Look at the daemon's log (journalctl -u nowd) before you run it again."},
    {run_reason, "deferred", "a provider asked for a wait longer than the run has", "It is served again then."},
    {run_reason, "cancelled", "a person asked for its end, or a newer occurrence took its place", ""},
    {run_reason, "stop_unknown", "the model stopped with a word that this nowd does not know",
     "nowctl stops shows the word; a newer nowd may know it."},
    {run_reason, "command", "the job's command failed", "nowctl show RUN --conversation shows its output."},
    {run_reason, "template", "a text of the job could not be filled in", "nowctl show RUN names the token."},
    {run_reason, "fenced", "the run was taken from its daemon before anything was done", ""},
    {run_reason, "refused", "the model refused, or the job's rules refused its request", "nowctl show RUN names it."},
    {run_reason, "window", "it would have started later than missed.window allows", ""},
    {run_reason, "cutoff", "it would have started after missed.not_after", ""},
    {run_reason, "unreadable", "its row in the ledger could not be read, so it was set aside",
     "The daemon's log names the row and the value."},
    {run_reason, "ledger", "the ledger refused a record of the run", "The daemon's log has the refusal."},
    {run_reason, "internal", "a fault of nowd ended it", "Please report it, with the line of the daemon's log."},
    {run_reason, "fresh", "the newest clock block that the model had was older than clocks.fresh", ""},

    {run_kind, "scheduled", "by its schedule, on time", ""},
    {run_kind, "catch_up", "by its schedule, made up for later", ""},
    {run_kind, "backfill", "for a moment of the past, because a person asked", ""},
    {run_kind, "manual", "a person or a program asked for it", ""},
    {run_kind, "after", "the success of another job asked for it", ""},

    {verdict, "aligned", "nothing that was read contradicts: all clocks agree", ""},
    {verdict, "unobserved", "a command-line agent's own clock and effects are not visible to nowd", ""},
    {verdict, "unsynchronised", "the host's clock was not synchronised at dispatch: its readings prove little",
     "Run chrony or systemd-timesyncd on the host; nowctl doctor shows when it is synchronised."},
    {verdict, "late", "it was dispatched later than its grace after it was due", "nowctl clocks RUN shows the gap."},
    {verdict, "rolled_over", "its effect lands on another local date than the run is for",
     "clocks.rollover: refuse keeps such effects in."},
    {verdict, "skewed", "the clock of a server is proven to be off by more than clocks.skew",
     "The view nowd.clock_skew names the server."},
    {verdict, "stale", "no instant of an input lies in the run's window: it is old data",
     "nowctl clocks RUN shows the instants and the window."},
    {verdict, "expired", "an effect or a message came after its validity had passed",
     "valid_for: sets how long that is."},
    {verdict, "contradicted", "a text or the model goes by another date than the run's",
     "nowctl clocks RUN shows which."},

    {rule, "valid_for", "clocks.expiry: no effect after the run's validity", ""},
    {rule, "fresh", "clocks.fresh: the model's newest clock block is no older than this", ""},
    {rule, "rollover", "clocks.rollover: an effect lands on the run's own date", ""},
    {rule, "skew", "clocks.skew: no proven clock of a server is off by more", ""},
    {rule, "data", "clocks.data: the instants in the inputs lie in the run's window", ""},
    {rule, "lint", "clocks.lint: dates in texts fit the run's date", ""},
    {rule, "model_as_of", "clocks.model_as_of: the date that the model states is the run's", ""},

    {occurrence_state, "planned", "it is due or to come, and no daemon has taken it", ""},
    {occurrence_state, "claimed", "a run serves it", ""},
    {occurrence_state, "done", "it ran", ""},
    {occurrence_state, "skipped", "a rule or a person said no", "nowctl why JOB AT names it."},
    {occurrence_state, "missed", "it was too late to run it", "nowctl backfill runs it all the same."},
    {occurrence_state, "coalesced", "a later occurrence served it too", ""},
    {occurrence_state, "superseded", "a newer occurrence took its place while both waited", ""},
    {occurrence_state, "withdrawn", "the schedule or the job was changed before its time", ""},

    {occurrence_reason, "down", "nowd was not running", ""},
    {occurrence_reason, "suspended", "the host was suspended", ""},
    {occurrence_reason, "clock_jump", "a clock jumped over it, or dispatch was held because of one", ""},
    {occurrence_reason, "window", "it would have started later than missed.window allows", ""},
    {occurrence_reason, "cutoff", "it would have started after missed.not_after", ""},
    {occurrence_reason, "frozen", "a freeze was in force", ""},
    {occurrence_reason, "paused", "the job was paused", "nowctl backfill makes up for it after nowctl resume."},
    {occurrence_reason, "overlap", "a run of the job was still going when its turn came",
     "overlap: in the job's file has the rule."},
    {occurrence_reason, "limit", "more were missed than missed.max allows to make up for", ""},
    {occurrence_reason, "nothing_to_do", "there was nothing to do", ""},
    {occurrence_reason, "crash_loop", "three runs of it were orphaned, and it may kill the daemon", ""},
    {occurrence_reason, "rescheduled", "the schedule was changed before its time", ""},
    {occurrence_reason, "asked", "a person asked for that", ""},
    {occurrence_reason, "retired", "the job left the job files before its time", ""},
    {occurrence_reason, "unreadable", "its row could not be read", "The daemon's log names the value."},

    {stop, "complete", "the model ended as it should", ""},
    {stop, "stop_sequence", "it met a stop sequence", "stop: {stop_sequence: commit} takes that as an end."},
    {stop, "tool_call", "it asked for tools", ""},
    {stop, "truncated_output", "the answer did not fit into max_output_tokens", "Raise max_output_tokens."},
    {stop, "truncated_context", "the conversation did not fit into the model's context", "Give it less to read."},
    {stop, "filtered", "the provider's filter cut the answer", ""},
    {stop, "refused", "the model refused", ""},
    {stop, "prompt_blocked", "the provider's filter blocked the prompt", ""},
    {stop, "paused", "the provider paused a long answer, and takes it up when asked", ""},
    {stop, "compacted", "the provider summed up the conversation, and goes on when asked", ""},
    {stop, "malformed", "the answer cannot be read", ""},
    {stop, "tool_misuse", "it called a tool that it was not offered, or with arguments that do not fit", ""},
    {stop, "loop_limit", "it reached the limit of its calls", ""},
    {stop, "budget_exceeded", "the money for it was spent", "limits.usd and limits.usd_per_day set how much that is."},
    {stop, "provider_error", "the provider failed", "The view nowd.calls_that_failed has its words."},
    {stop, "cancelled", "the call was cut because the run was to end", ""},
    {stop, "in_progress", "the provider says that it has not ended", ""},
    {stop, "missing", "the provider does not say why it stopped", ""},
    {stop, "stream_cut", "the connection ended before the answer did", ""},
    {stop, "unknown", "the provider's word for it is not known to this nowd", "A newer nowd may know it."},

    {stop_action, "commit", "the answer is the output", ""},
    {stop_action, "run_tools", "the tools are called, and the model is asked again", ""},
    {stop_action, "retry_larger", "it is asked again with more room for the answer", ""},
    {stop_action, "resume", "it is asked to go on", ""},
    {stop_action, "repair_once", "it is asked once to mend its answer", ""},
    {stop_action, "fail", "the run fails", ""},
    {stop_action, "hold", "the run fails, because the outcome is not known", ""},

    {retry_class, "wait", "a rate limit: the call is made again when it has passed", ""},
    {retry_class, "overload", "the provider is overloaded, or the connection broke: the call is made again", ""},
    {retry_class, "money", "the account has no money", "Top it up; nowd looks again by itself."},
    {retry_class, "defer", "a quota of the day, or a wait longer than the run has", ""},
    {retry_class, "never", "a mistake in the request or the configuration: trying again does not help", ""},

    {call_state, "refused", "it was not made: the tool, its arguments or a rule did not allow it", ""},
    {call_state, "shown", "a dry run: it was not made, and its request is recorded", ""},
    {call_state, "intent", "it is recorded, and its outcome is not", ""},
    {call_state, "confirmed", "it was made, and said that it worked", ""},
    {call_state, "failed", "it was made, and said that it did not work", ""},
    {call_state, "unknown", "it may have happened", "Look for it by its key; nowd does not repeat it."},
    {call_state, "sending", "the request is on its way to the model", ""},
    {call_state, "answered", "the model's answer is there", ""},
    {call_state, "lost", "the call was cut, or its daemon ended, before the answer came", ""},

    {effect, "read", "it changes nothing", ""},
    {effect, "reversible", "it can be undone", ""},
    {effect, "compensable", "it can be made good", ""},
    {effect, "irreversible", "it stands", ""},

    {delivery_state, "pending", "it waits for its next attempt", ""},
    {delivery_state, "sending", "an attempt is under way", ""},
    {delivery_state, "delivered", "the sink took it", ""},
    {delivery_state, "failed", "the sink will never take it", "nowctl deliveries --state failed has the sink's words."},
    {delivery_state, "unknown", "it may have arrived, and the sink does not recognise a repetition",
     "Look at the sink."},
    {delivery_state, "expired", "its validity passed before it could be delivered", ""},
    {delivery_state, "shown", "a dry run: it was not sent", ""},

    {alert_kind, "run", "a job's runs end badly", ""},
    {alert_kind, "missed", "occurrences of a job did not run, and it is too late for them", ""},
    {alert_kind, "provider", "one outage, for all jobs that it hits", ""},
    {alert_kind, "delivery", "a sink does not take messages", ""},
    {alert_kind, "held", "a job's file is broken, or dispatch waits for a person", "nowctl doctor names it."},

    {hold_reason, "step", "a clock was set by more than 24 hours", "nowctl clock accept goes on, if it is right now."},
    {hold_reason, "behind", "a clock is behind the newest time in the ledger", "Set it right, or nowctl clock accept."},
    {hold_reason, "restored", "the ledger is older than a daemon knows it", "nowctl ledger accept goes on from it."},
    {hold_reason, "another_ledger", "a daemon knows another ledger under this name",
     "nowctl ledger accept takes this."},

    {clock_event, "step", "the host's clock was set", ""},
    {clock_event, "suspend", "the host slept", ""},
    {clock_event, "sync_lost", "the host's clock is no longer synchronised", ""},
    {clock_event, "sync_back", "the host's clock is synchronised again", ""},
    {clock_event, "tzdata", "the host has another release of the zone data", ""},
    {clock_event, "remote_skew", "the database's clock is more than 2 s off this host's", ""},

    {account_state, "closed", "calls are made with this key", ""},
    {account_state, "open", "it was overloaded several times in a row: no call is made for a while", ""},
    {account_state, "half_open", "one call looks whether it works again", ""},
    {account_state, "paused", "its account has no money", ""},
};

constexpr std::string_view kinds[] = {"state of a run",
                                      "reason of a run's end",
                                      "kind of a run",
                                      "verdict on a run's clocks",
                                      "rule of the guard",
                                      "state of an occurrence",
                                      "reason of an occurrence's fate",
                                      "why a model stopped",
                                      "reaction to a stop",
                                      "kind of a call's failure",
                                      "state of a call",
                                      "effect of a tool",
                                      "state of a delivery",
                                      "kind of an alert",
                                      "why dispatch is held",
                                      "event of a clock",
                                      "state of a provider's key"};
static_assert(std::size(kinds) == static_cast<std::size_t>(account_state) + 1);

std::string entry(const WordMeaning& each, bool with_word, const Style& style) {
  constexpr std::size_t margin = 2;
  const auto width = static_cast<std::size_t>(fitted_width(style)) - margin;
  const std::string lead = with_word ? std::string(each.word) + ": " : std::string(to_string(each.of)) + ": ";
  std::string text = lead + std::string(each.means) + ".";
  if (!each.then.empty()) text += " " + std::string(each.then);
  std::string out;
  for (const std::string& line : wrap(text, width)) out += std::string(margin, ' ') + line + "\n";
  return out;
}

}  // namespace

std::string_view to_string(WordOf of) { return kinds[static_cast<std::size_t>(of)]; }

std::span<const WordMeaning> meanings() { return meanings_by_word; }

const WordMeaning* meaning_of(WordOf of, std::string_view word) {
  const auto found = std::find_if(std::begin(meanings_by_word), std::end(meanings_by_word),
                                  [&](const WordMeaning& each) { return each.of == of && each.word == word; });
  return found == std::end(meanings_by_word) ? nullptr : found;
}

std::string explanation(std::string_view word, const Style& style) {
  std::string out;
  for (const WordMeaning& each : meanings_by_word)
    if (each.word == word) out += entry(each, false, style);
  return out.empty() ? out : paint(style, Ink::bold, word) + "\n" + out;
}

std::string all_words(const Style& style) {
  std::string out;
  const WordMeaning* before = nullptr;
  for (const WordMeaning& each : meanings_by_word) {
    if (before == nullptr || before->of != each.of)
      out += (before == nullptr ? "" : "\n") + paint(style, Ink::bold, to_string(each.of)) + "\n";
    out += entry(each, true, style);
    before = &each;
  }
  return out;
}

std::vector<std::string> known_words() {
  std::vector<std::string> words;
  for (const WordMeaning& each : meanings_by_word)
    if (std::find(words.begin(), words.end(), each.word) == words.end()) words.emplace_back(each.word);
  return words;
}

}  // namespace nowd
