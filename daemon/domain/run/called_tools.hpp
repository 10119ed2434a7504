// What a run's calls of tools came to, and whether a run with such calls may count as a success. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nowd {

/// A call of an offered tool that is over. Calls in doubt are not among them: they end their run at once.
struct CalledTool {
  enum class End {
    confirmed,  ///< the tool said that it is done
    withheld,   ///< the run makes no effects: a dry run, or one that may only read
    failed,     ///< it was not done: the tool said no, the call was refused, or the tool did not start
  };
  std::string tool;
  int seq = 0;
  bool may_fail = false;  ///< a read, or a tool with on_error: tell: the model deals with its failures
  End end = End::failed;
  std::string words;  ///< the tool's own, or those of the refusal; empty when confirmed
};

struct CallFault {
  std::string_view reason;  ///< effect_failed or effect_missing
  std::string detail;       ///< names each tool, its call and the tool's words
  bool operator==(const CallFault&) const = default;
};

/// Nothing where the run may succeed. A call that failed is made good by a later one of the same tool, with whatever
/// arguments, that is confirmed or withheld. Of each tool in `must_call` one such call is needed.
std::optional<CallFault> fault_in_calls(const std::vector<CalledTool>& calls,
                                        const std::vector<std::string>& must_call);

}  // namespace nowd
