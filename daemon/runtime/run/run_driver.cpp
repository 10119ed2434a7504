#include "runtime/run/run_driver.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

#include "domain/run/ending.hpp"
#include "foundation/log.hpp"
#include "foundation/random.hpp"
#include "providers/failure/retry_class.hpp"
#include "runtime/run/run_plan.hpp"
#include "tools/clock/clock_tool.hpp"

namespace nowd {
namespace {

/// An effect starts only this soon after the last write of its run was sent (0.8 of the lifetime of the beat in it):
/// later, another daemon may have declared this one dead.
constexpr seconds freshest_beat{12};

/// Adds the first model call and the first effect to the report.
void add_to_report(RunReport& report, const RunEvent& event, const std::optional<Effect>& effect) {
  if (const auto* answered = std::get_if<ModelAnswered>(&event);
      answered && !report.inferred_at && answered->times.sent)
    report.inferred_at = answered->times.sent->wall;
  if (const auto* called = std::get_if<ToolAnswered>(&event);
      called && effect && *effect != Effect::read && !report.effect_at && called->outcome.started)
    report.effect_at = called->outcome.started->wall;
}

void add_to_report(RunReport& report, const Facts& facts) {
  if (facts.end) report.end = *facts.end;
  for (const GateFact& gate : facts.gates)
    if (const Objection* why = refusal(gate.objections)) report.refusals.emplace_back(to_string(why->rule));
}

/// The end of a run that could not start.
EndFact unread_outputs(const ClaimedRun& claimed, const std::string& why, const Reading& now) {
  EndFact end = minimal_end(claimed.job, claimed.claim.run, claimed.dry_run, false, now);
  end.detail = "the outputs of other runs, which its texts use, could not be read: " + why;
  if (end.trouble) end.trouble->detail = end.detail;
  return end;
}

}  // namespace

struct RunDriver::Run {
  Claim claim;
  SetupSnapshot setup;
  RunMachine machine;
  std::optional<Effect> calling;  ///< effect of the call just made
  /// Before the last write that the ledger took was sent: the run was ours after that. A beat of the daemon proves less,
  /// because one that was declared dead registers anew, and its old runs stay with others.
  Tick owned{};
  /// Usage of the model call that was just cancelled, stored while it unwinds, perhaps after we resume.
  std::shared_ptr<std::optional<Usage>> usage_so_far = std::make_shared<std::optional<Usage>>();

  /// The provider of the run, if it is on the network; else null.
  const ProviderConfig* provider() const {
    const Job& job = machine.plan().job;
    if (job.command) return nullptr;
    const ProviderConfig& config = setup->config.providers.at(job.provider);
    return config.api == "script" ? nullptr : &config;
  }
};

bool RunDriver::has_spent_the_day(const Run& run, const Written& written) {
  const auto& limit = run.machine.plan().job.limits.usd_per_day;
  return limit && written.spent_today && *written.spent_today > *limit;
}

RunDriver::RunDriver(Ledger& ledger, Tools& tools, ProviderAccounts& keys, const RemoteClocks& remotes,
                     const Clock& clock)
    : ledger_(ledger), tools_(tools), accounts_(keys), remotes_(remotes), clock_(clock) {}

RunPlan RunDriver::plan(const ClaimedRun& claimed, const Setup& setup, const Reading& host) {
  RunPlan plan = make_plan(claimed, setup, ledger_.identity(), host, remotes_);
  if (claimed.starts_followers) plan.followers = followers_.followers_of(claimed.job, setup.jobs);
  return plan;
}

boost::asio::awaitable<std::optional<RunReport>> RunDriver::drive(ClaimedRun claimed, SetupSnapshot setup,
                                                                  RunCancellation& cancellation) {
  const Result<void> read = co_await read_outputs(claimed, *setup);
  if (!read && read.error().kind == ErrorKind::unavailable) co_return std::nullopt;
  const Reading host = clock_.read();
  RunReport report{claimed, host, {}, {}, {}, {}};
  if (!read) co_return co_await end_as(std::move(report), unread_outputs(claimed, read.error().message, host), false);
  Run run{claimed.claim, setup, RunMachine(plan(claimed, *setup, host)), {}, {}};
  RunStep step = run.machine.on(Dispatched{host, claimed.claimed_at}, host);
  for (bool broken = false;;) {
    add_to_report(report, step.facts);
    std::vector<OutcomeFact> outcomes = bare_outcomes(step.facts);
    const Tick sent = clock_.tick();
    const Result<Written> written = co_await ledger_.write_facts(run.claim, std::move(step.facts));
    if (written && written->fenced) {
      log::warning("stopped working on a run that another daemon ended",
                   {{"job", claimed.job}, {"run", to_string(claimed.claim.run)}});
      co_return std::nullopt;
    }
    if (!written) {
      if (written.error().kind == ErrorKind::unavailable) co_return std::nullopt;
      const bool in_doubt = run.calling && *run.calling != Effect::read && !outcomes.empty();
      if (broken)
        co_return co_await end_as(std::move(report),
                                  minimal_end(claimed.job, run.claim.run, claimed.dry_run, in_doubt, clock_.read()),
                                  in_doubt);
      broken = true;  // the ledger refused the facts: the run ends with that reason
      const bool unknown = in_doubt && outcomes.back().state == CallState::unknown;
      step = run.machine.on(Broken{RunReason::ledger, written.error().message, false, unknown}, clock_.read());
      step.facts.outcomes = std::move(outcomes);
      continue;
    }
    run.owned = sent;
    run.calling.reset();  // the outcome of the call is on disk
    if (std::holds_alternative<Finish>(step.action)) co_return report;
    if (has_spent_the_day(run, *written)) {
      step = run.machine.on(DaySpent{*written->spent_today}, clock_.read());
      continue;
    }
    RunEvent event = co_await perform_unless_cancelled(run, std::move(step.action), cancellation);
    add_to_report(report, event, run.calling);
    step = run.machine.on(std::move(event), clock_.read());
  }
}

boost::asio::awaitable<std::optional<RunReport>> RunDriver::end_as(RunReport report, EndFact end, bool in_doubt) {
  auto recorded = co_await record_end(ledger_, report.claimed, std::move(end), in_doubt, clock_);
  if (!recorded) co_return std::nullopt;
  report.end = std::move(*recorded);
  co_return report;
}

/// Reads outputs of other runs, if the texts of the job use them.
boost::asio::awaitable<Result<void>> RunDriver::read_outputs(ClaimedRun& claimed, const Setup& setup) {
  if (!uses_outputs(setup.jobs->at(claimed.job))) co_return boost::system::in_place_value;
  Result<Ledger::Outputs> outputs = co_await ledger_.outputs(claimed);
  if (!outputs) co_return outputs.error();
  if (outputs->previous) claimed.outside_texts.previous_output = ModelText::from_outside(*outputs->previous);
  if (outputs->after) claimed.outside_texts.after_output = ModelText::from_outside(*outputs->after);
  co_return boost::system::in_place_value;
}

/// A cancel request cuts only the action: this coroutine continues, and records the end of the run.
boost::asio::awaitable<RunEvent> RunDriver::perform_unless_cancelled(Run& run, RunAction action,
                                                                     RunCancellation& cancellation) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (const auto& asked = cancellation.asked()) co_return Cancelled{asked->by, asked->reason, false};
  std::optional<RunEvent> event;
  auto work = perform_into(event, run, std::move(action));
  auto asked = cancellation.wait();
  co_await (std::move(work) || std::move(asked));
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none)  // nowd is being stopped
    throw boost::system::system_error(boost::asio::error::operation_aborted);
  // An action that was done before the cut has an outcome: it is judged first, and the next action does not start.
  if (event) co_return std::move(*event);
  if (Cancelled cut; cancellation.asked()) {
    cut = *cancellation.asked();
    cut.reported = *run.usage_so_far;
    co_return cut;
  }
  co_return Broken{RunReason::internal, "internal: action cancelled without a cancel request"};
}

/// Leaves `event` empty if the action was cut.
boost::asio::awaitable<void> RunDriver::perform_into(std::optional<RunEvent>& event, Run& run, RunAction action) {
  try {
    event = co_await perform(run, std::move(action));
  } catch (const boost::system::system_error& cut) {
    if (cut.code() != boost::asio::error::operation_aborted) throw;
  }
}

boost::asio::awaitable<RunEvent> RunDriver::perform(Run& run, RunAction action) {
  try {
    if (const auto* input = std::get_if<ReadInput>(&action)) co_return co_await act(run, *input);
    if (const auto* model = std::get_if<AskModel>(&action)) co_return co_await act(run, *model);
    co_return co_await act(run, std::get<CallTool>(action));
  } catch (const boost::system::system_error& e) {
    if (e.code() == boost::asio::error::operation_aborted) throw;  // nowd is being stopped
    co_return Broken{RunReason::internal, e.what()};
  } catch (const std::exception& e) {
    co_return Broken{RunReason::internal, e.what()};
  }
}

boost::asio::awaitable<RunEvent> RunDriver::act(Run& run, ReadInput action) {
  CallEnvironment call = environment(run, "");
  InputRead read{co_await tools_.fetch(std::move(action.input), std::move(call))};
  co_return read;
}

CallMoment RunDriver::moment_of(const Run& run, int attempt) const {
  const Tick now = clock_.tick();
  return {.now = now, .left = run.machine.remaining(now), .attempt = attempt, .dice = random_fraction()};
}

/// The reservation of a call in its provider account, for the duration of the call; released on destruction.
struct RunDriver::AccountReservation {
  std::optional<ProviderAccounts::Pass> pass;
  std::optional<AccountQueue::Place> place;
  std::string credential;
};

namespace {

ModelAnswered not_asked(const Refused& refused, const CallMoment& moment) {
  ModelAnswered answered;
  answered.reply.stop = Stop::provider_error;
  answered.reply.detail = "not asked: " + refused.why;
  answered.retry = ProviderAccounts::decide_held_back(refused, moment);
  answered.held_back = true;
  answered.notes = {.failed = refused.retry, .retry_after = refused.retry_after};
  return answered;
}

boost::asio::awaitable<void> sleep_for(milliseconds wait) {
  if (wait <= milliseconds{0}) co_return;
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  timer.expires_after(wait);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

}  // namespace

/// Waits for the turn of this call: for the backoff, for the provider, then for the account's limits. Returns the
/// answer in place of the provider's if the call must not be sent.
boost::asio::awaitable<std::optional<ModelAnswered>> RunDriver::wait_for_account(Run& run, const AskModel& action,
                                                                                 AccountReservation& reservation) {
  co_await sleep_for(action.wait);
  const ProviderConfig* provider = run.provider();
  if (provider == nullptr) co_return std::nullopt;
  CallMoment moment = moment_of(run, action.attempt);
  moment.under_way = action.seq > 1;
  const Admission admission = accounts_.admit(*provider, moment);
  if (const auto* refused = std::get_if<Refused>(&admission)) co_return not_asked(*refused, moment);
  reservation.pass.emplace(accounts_.state_of(*provider));
  reservation.credential = accounts_.credential_of(*provider);
  co_await sleep_for(std::get<Go>(admission).wait);
  const auto refused = co_await wait_in_queue(run, *provider, reservation);
  if (refused) co_return not_asked(*refused, moment_of(run, action.attempt));
  co_return std::nullopt;
}

boost::asio::awaitable<std::optional<Refused>> RunDriver::wait_in_queue(Run& run, const ProviderConfig& provider,
                                                                        AccountReservation& reservation) {
  AccountQueue* queue = accounts_.queue_of(provider);
  if (queue == nullptr) co_return std::nullopt;
  const Planned& call = run.machine.planned_call();
  if (auto why = never_fits(queue->limits(), call, provider.name))
    co_return Refused{RetryClass::never, {}, std::move(*why)};
  reservation.place.emplace(*queue, clock_, run.machine.plan().job.priority, call);
  const milliseconds patience = run.machine.remaining(clock_.tick()) - min_call;
  auto refused = co_await queue->admit(*reservation.place, std::max(milliseconds{0}, patience));
  if (!refused) refused = accounts_.state_of(provider).refusal(clock_.tick());  // it may have been overloaded meanwhile
  co_return refused;
}

std::optional<RetryDecision> RunDriver::learn(Run& run, const ModelOutcome& outcome, int attempt,
                                              AccountReservation& reservation) {
  const ProviderConfig* provider = run.provider();
  if (provider == nullptr) return std::nullopt;
  CallMoment moment = moment_of(run, attempt);
  moment.credential = reservation.credential;
  const auto retry = accounts_.learn(*provider, outcome, moment);
  reservation.pass->settled();
  const bool no_answer = !outcome.times.sent || outcome.http_status >= 400 || outcome.reply.no_answer;
  if (const auto& usage = outcome.reply.usage; usage && reservation.place)
    reservation.place->settle({usage->input, usage->output, {}});
  else if (reservation.place && no_answer)
    reservation.place->settle({run.machine.planned_call().input, 0, {}});
  return retry;
}

boost::asio::awaitable<RunEvent> RunDriver::act(Run& run, AskModel action) {
  AccountReservation reservation;
  if (auto held_back = co_await wait_for_account(run, action, reservation)) co_return std::move(*held_back);
  const Now sent = now();
  Result<ModelRequest> request = run.machine.request(sent);
  if (!request) co_return Broken{RunReason::template_text, request.error().message};
  const RunPlan& plan = run.machine.plan();
  if (action.opaque && !co_await is_still_owner(run))
    co_return Broken{RunReason::fenced, "another daemon took over this run; the command was not started"};
  CallContext context{TemplateValues{&plan.time, sent, run.machine.inputs(), {}}, action.turn,
                      run.machine.remaining(sent.boot), action.idempotency_key,
                      [so_far = run.usage_so_far](const Usage& usage) { *so_far = bounded(usage); }};
  run.usage_so_far->reset();
  Provider& provider = run.setup->provider_of(plan.job);
  if (reservation.place) reservation.place->sent();
  ModelOutcome outcome = co_await provider.call(std::move(*request), std::move(context));
  for (auto* usage : {&outcome.reply.usage, &outcome.reply.usage_so_far})
    if (*usage) *usage = bounded(**usage);
  // A probe is never retried, so it takes nothing from the budget of retries.
  const auto retry = learn(run, outcome, action.probe ? max_attempts : action.attempt, reservation);
  ServerNotes notes;
  if (run.provider() != nullptr) notes = server_notes(outcome, run.machine.remaining(clock_.tick()));
  co_return ModelAnswered{std::move(outcome.reply),
                          outcome.times,
                          outcome.remote,
                          outcome.http_status,
                          sha256_hex(outcome.request_body),
                          std::move(outcome.response_body),
                          retry,
                          false,
                          std::move(notes)};
}

boost::asio::awaitable<RunEvent> RunDriver::act(Run& run, CallTool action) {
  run.calling = action.effect;
  const Now started = now();
  if (action.tool == clock_tool_offer().name) {
    const Result<Json> answer = clock_tool(action.arguments, run.machine.plan().time, started);
    ToolOutcome outcome;
    outcome.state = answer ? CallState::confirmed : CallState::failed;
    outcome.result = answer ? dump_json(*answer) : answer.error().message;
    outcome.error = answer ? "" : answer.error().message;
    outcome.started = clock_.read();
    outcome.ended = outcome.started;
    co_return ToolAnswered{outcome};
  }
  if (action.effect != Effect::read && !co_await is_still_owner(run)) {
    ToolOutcome outcome;
    outcome.error = "another daemon took over this run before the effect started";
    co_return ToolAnswered{outcome};
  }
  const Tool& tool = run.setup->config.tools.at(action.tool);
  CallEnvironment call = environment(run, action.idempotency_key);
  ToolAnswered answered{co_await tools_.call(tool, std::move(action.arguments), std::move(call))};
  co_return answered;
}

/// Asks the ledger until it answers soon enough: an answer that comes late is as old as the question.
boost::asio::awaitable<bool> RunDriver::is_still_owner(Run& run) {
  while (clock_.tick() - run.owned >= freshest_beat) {
    const Tick asked = clock_.tick();
    const Result<Written> written = co_await ledger_.write_facts(run.claim, {});
    if (!written || written->fenced) co_return false;
    run.owned = asked;
  }
  co_return true;
}

CallEnvironment RunDriver::environment(const Run& run, const std::string& key) const {
  const Now moment = now();
  const RunPlan& plan = run.machine.plan();
  return {plan.time,
          moment,
          key,
          run.machine.remaining(moment.boot),
          run.machine.inputs_for_tools(),
          data_window(plan.time, plan.job.missed.grace, moment.wall)};
}

boost::asio::awaitable<std::optional<EndFact>> record_end(Ledger& ledger, ClaimedRun claimed, EndFact end,
                                                          bool in_doubt, const Clock& clock) {
  const RunId run = claimed.claim.run;
  for (const bool last : {false, true}) {
    if (last) end = minimal_end(claimed.job, run, claimed.dry_run, in_doubt, clock.read());
    Facts facts;
    facts.end = end;
    const Result<Written> written = co_await ledger.write_facts(claimed.claim, std::move(facts));
    if (written) co_return written->fenced ? std::nullopt : std::optional(std::move(end));
    if (written.error().kind == ErrorKind::unavailable) co_return std::nullopt;
    log::error((last ? "the ledger refused even a minimal end of a run, which is ended by the next sweeps: "
                     : "the ledger refused the end of a run, trying a minimal one: ") +
                   written.error().message,
               {{"job", claimed.job}, {"run", to_string(run)}});
  }
  co_return std::nullopt;
}

}  // namespace nowd
