#include "domain/delivery/missed.hpp"

namespace nowd {
namespace {

std::string local(const Zone& zone, Instant at) {
  const auto text = format_local("%Y-%m-%d %H:%M:%S", zone.local(at), zone.offset(at), "");
  return (text ? *text : rfc3339(at)) + " " + zone.name();
}

std::string_view words_of(std::string_view reason) {
  if (reason == "down") return "nowd was not running";
  if (reason == "suspended") return "the host was suspended";
  if (reason == "clock_jump") return "a clock jumped over it";
  if (reason == "window") return "it would have started later than missed.window allows";
  if (reason == "cutoff") return "it would have started after missed.not_after";
  if (reason == "limit") return "more were missed than missed.max allows to make up for";
  return reason;
}

}  // namespace

std::string missed_text(const MissedOccurrences& missed, const Zone& zone) {
  std::string text = missed.count == 1 ? "missed the occurrence of " + local(zone, missed.first)
                                       : "missed " + std::to_string(missed.count) + " occurrences, from " +
                                             local(zone, missed.first) + " to " + local(zone, missed.last);
  if (!missed.reason.empty()) text += ": " + std::string(words_of(missed.reason));
  if (missed.served_by)
    text += "; that of " + local(zone, *missed.served_by) + " runs for " + (missed.count == 1 ? "it" : "all of them");
  return text;
}

std::optional<Trouble> trouble_of(const MissedOccurrences& missed, const Zone& zone, Instant now) {
  if (missed.served_by) return std::nullopt;
  return Trouble{"missed", missed.job, missed.reason, missed_text(missed, zone), missed.job, {}, now};
}

}  // namespace nowd
