// The help of what looks at model calls.
#include "ctl/cli/help.hpp"

namespace nowd::ctl {
namespace {

struct Text {
  std::string_view command, text;
};

constexpr Text texts[] = {
    {"spend", R"(usage: nowctl spend [--job JOB] [--since D]

Says what each job's model calls took: runs, calls, how many calls a run takes,
how many were made again, tokens, and dollars where the provider has prices.
Of the input, CACHED came from the provider's cache and TO CACHE went there.
A call whose usage never arrived counts with what was reserved for it.

  --job JOB              only this job
  --since D              from that UTC day on: a span back (1d, 12h) or an RFC
                         3339 time (else 30 days)
  --database CONNINFO    the ledger
  --format table|json    json: {"job","runs","model_calls","amplification",
                         "repeated","input_tokens","cached_tokens",
                         "cache_write_tokens","output_tokens",
                         "reasoning_tokens","cost_usd","estimated","last_at"}
)"},
    {"stops", R"(usage: nowctl stops [--job JOB] [--since D]
       nowctl stops --table

Counts why models stopped, in the provider's word and as nowd understands it,
and what was done about it.

  --job JOB              only this job
  --since D              from that UTC day on: a span back (1d, 12h) or an RFC
                         3339 time (else 30 days)
  --table                every word that nowd knows, by API, with its default
                         action; needs no ledger
  --database CONNINFO    the ledger
  --format table|json    json: {"job","provider","stop","stop_raw","action",
                         "calls","last_run","last_at"}; with --table {"api",
                         "word","stop","action"}
)"},
};

}  // namespace

std::string_view calls_help(std::string_view command) {
  for (const Text& each : texts)
    if (each.command == command) return each.text;
  return "";
}

}  // namespace nowd::ctl
