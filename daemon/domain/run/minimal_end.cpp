#include "domain/run/minimal_end.hpp"

namespace nowd {

EndFact minimal_end(const JobName& job, RunId run, bool dry_run, bool in_doubt, const Reading& now) {
  EndFact end;
  end.state = in_doubt ? RunState::interrupted : RunState::failed;
  end.reason = in_doubt ? "effect_in_doubt" : "ledger";
  end.detail = in_doubt ? "the ledger refused to record what came of an effect: it may have happened and is not "
                          "repeated; see nowd.effects_in_doubt, and the daemon's log for the refusal"
                        : "the ledger refused to record how this run ended; the daemon's log has the refusal";
  end.ended = now;
  end.findings = {{Verdict::unobserved, "unobserved: what this run's clocks said could not be recorded"}};
  if (!dry_run) end.trouble = Trouble{"run", job, end.reason, end.detail, job, run, now.wall};
  return end;
}

std::vector<OutcomeFact> bare_outcomes(const Facts& facts) {
  std::vector<OutcomeFact> out;
  for (const OutcomeFact& fact : facts.outcomes) {
    OutcomeFact bare;
    bare.seq = fact.seq;
    bare.state = fact.state;
    bare.started = fact.started;
    bare.ended = fact.ended;
    bare.exit_code = fact.exit_code;
    out.push_back(std::move(bare));
  }
  return out;
}

}  // namespace nowd
