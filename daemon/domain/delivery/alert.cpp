#include "domain/delivery/alert.hpp"

#include <algorithm>

namespace nowd {
namespace {

constexpr seconds one_outage{10};
constexpr std::size_t max_jobs_named = 20;

std::string times(std::int64_t count) { return count == 1 ? "once" : std::to_string(count) + " times"; }

Zone zone_of(const AlertNews& news) {
  const auto zone = Zone::find(news.zone.empty() ? "UTC" : news.zone);
  return zone ? *zone : Zone::utc();
}

std::string local(const Zone& zone, Instant at) {
  const auto text = format_local("%Y-%m-%d %H:%M:%S", zone.local(at), zone.offset(at), "");
  return (text ? *text : rfc3339(at)) + " " + zone.name();
}
std::string local(const AlertNews& news, Instant at) { return local(zone_of(news), at); }

bool is_about_files(const AlertNews& news) { return news.kind == AlertKind::held && news.name == "job files"; }

std::string headline(const AlertNews& news) {
  if (news.kind == AlertKind::provider) return "provider " + news.name + (news.recovered ? " answers again" : " fails");
  if (news.kind == AlertKind::delivery)
    return "sink " + news.name + (news.recovered ? " takes messages again" : " does not take messages");
  if (is_about_files(news)) return news.recovered ? "job files are good again" : "a job file is broken";
  if (news.kind == AlertKind::held) return news.recovered ? "nowd goes on: " + news.name : "nowd is held: " + news.name;
  if (news.kind == AlertKind::missed) return news.name + (news.recovered ? " runs again" : " did not run");
  return news.name + (news.recovered ? " works again" : " failed");
}

std::string jobs_line(const AlertNews& news) {
  if (news.jobs.empty() || (news.jobs.size() == 1 && news.jobs.front() == news.name)) return "";
  std::string line = "Jobs: ";
  const std::size_t named = std::min(news.jobs.size(), max_jobs_named);
  for (std::size_t k = 0; k < named; ++k) line += (k == 0 ? "" : ", ") + news.jobs[k];
  if (named < news.jobs.size()) line += " and " + std::to_string(news.jobs.size() - named) + " more";
  return line + "\n";
}

std::string run_lines(const AlertNews& news) {
  if (!news.run) return "";
  std::string out = "Run " + to_string(*news.run);
  if (news.scheduled_at) out += " was for " + local(news, *news.scheduled_at);
  if (news.scheduled_at && news.dispatched_at)
    out += ", dispatched " + human(std::max<nanoseconds>(*news.dispatched_at - *news.scheduled_at, nanoseconds{0})) +
           " later";
  if (!news.state.empty()) out += ", " + news.state;
  out += ".\n";
  if (news.findings.empty()) return out + (news.verdict.empty() ? "" : "Its clocks agreed.\n");
  out += "Its clocks:\n";
  for (const std::string& finding : news.findings) out += "  " + finding + "\n";
  return out;
}

std::string commands(const AlertNews& news) {
  if (news.kind == AlertKind::delivery)
    return "Look further:\n  nowctl deliveries --sink " + news.name + "\n  nowctl doctor\n";
  if (is_about_files(news)) return "Look further:\n  nowctl validate\n  nowctl jobs\n";
  if (news.kind == AlertKind::held) {
    const bool by_a_person = news.name == "clock" || news.name == "ledger";
    const std::string accept = "To go on as it is:\n  nowctl " + news.name + " accept\n";
    return "Look further:\n  nowctl doctor\n" + (by_a_person && !news.recovered ? accept : "");
  }
  if (news.kind == AlertKind::missed)
    return "Look further:\n  nowctl runs --job " + news.name + "\n" +
           (news.recovered ? "" : "To make up for it:\n  nowctl backfill " + news.name + " --from T --until T\n");
  if (!news.run) return "Look further:\n  nowctl runs --job " + news.name + "\n  nowctl jobs\n";
  return "Look further:\n  nowctl show " + to_string(*news.run) + "\n  nowctl clocks " + to_string(*news.run) + "\n";
}

void add_unique(std::vector<std::string>& out, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (std::find(out.begin(), out.end(), name) == out.end()) out.push_back(name);
}

}  // namespace

std::string Trouble::cause() const {
  const std::string of_name = std::string(to_string(kind)) + " " + name;
  return kind == AlertKind::run ? of_name + " " + reason : of_name;
}

seconds gathering_time(AlertKind kind) {
  return kind == AlertKind::run || kind == AlertKind::delivery ? seconds{0} : one_outage;
}

AlertMessage alert_message(const AlertNews& news) {
  AlertMessage message;
  message.subject = headline(news);
  if (news.jobs.size() > 1) message.subject += " (" + std::to_string(news.jobs.size()) + " jobs)";
  if (!news.recovered && !news.reason.empty() && !is_about_files(news)) message.subject += ": " + news.reason;
  std::string& text = message.text;
  if (news.recovered) {
    text = headline(news) + ", after " + times(news.count) + " since " + local(news, news.first_at) + ".\n";
  } else {
    text = headline(news) + ": " + (news.detail.empty() ? news.reason : news.detail) + "\n";
    if (news.reported_count > 0)
      text += "It goes on: " + times(news.count) + " since " + local(news, news.first_at) + ".\n";
    else if (news.count > 1 && !is_about_files(news))
      text += "Seen " + times(news.count) + ", from " + local(news, news.first_at) + " to " +
              local(news, news.last_at) + ".\n";
  }
  text += jobs_line(news);
  text += "\n" + run_lines(news) + commands(news);
  return message;
}

std::vector<std::string> sinks_for(const AlertNews& news, const AlertSinks& sinks) {
  std::vector<std::string> out;
  for (const auto& names : sinks.of_jobs) add_unique(out, names);
  if (out.empty()) add_unique(out, sinks.by_default);
  if (news.kind != AlertKind::delivery || out.empty()) return out;
  add_unique(out, sinks.by_default);
  if (out.size() > 1) std::erase(out, news.name);
  return out;
}

namespace {

std::string_view in_words(OccurrenceReason reason) {
  switch (reason) {
    case OccurrenceReason::down:
      return "nowd was not running";
    case OccurrenceReason::suspended:
      return "the host was suspended";
    case OccurrenceReason::clock_jump:
      return "a clock jumped over it";
    case OccurrenceReason::window:
      return "it would have started later than missed.window allows";
    case OccurrenceReason::cutoff:
      return "it would have started after missed.not_after";
    case OccurrenceReason::limit:
      return "more were missed than missed.max allows to make up for";
    default:
      return to_string(reason);
  }
}

}  // namespace

std::string missed_text(const MissedOccurrences& missed, const Zone& zone) {
  std::string text = missed.count == 1 ? "missed the occurrence of " + local(zone, missed.first)
                                       : "missed " + std::to_string(missed.count) + " occurrences, from " +
                                             local(zone, missed.first) + " to " + local(zone, missed.last);
  if (missed.reason != OccurrenceReason::none) text += ": " + std::string(in_words(missed.reason));
  if (missed.served_by)
    text += "; that of " + local(zone, *missed.served_by) + " runs for " + (missed.count == 1 ? "it" : "all of them");
  return text;
}

std::optional<Trouble> trouble_of(const MissedOccurrences& missed, const Zone& zone, Instant now) {
  if (missed.served_by) return std::nullopt;
  return Trouble{AlertKind::missed,
                 missed.job,
                 std::string(to_string(missed.reason)),
                 missed_text(missed, zone),
                 missed.job,
                 {},
                 now};
}

}  // namespace nowd
