// The result of a check: one line that is clear to a person at 3 a.m.
#pragma once

#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

/// bad: a thing does not work now, or will fail when it is due. warn: it works, but needs a look; or this user may not
/// see it.
enum class Status { ok, warn, bad };

struct Finding {
  std::string check;  ///< the kind: "database", "provider", "credential" …
  Status status = Status::ok;
  std::string thing;    ///< "provider primary"
  std::string value;    ///< the observation
  std::string remedy;   ///< empty if nothing needs doing
  std::string source;   ///< "jobs/standup.yaml:1", where a file says so; not shown by doctor
  bool hidden = false;  ///< a warning only because this user may not look

  bool operator==(const Finding&) const = default;
};

Finding found_ok(std::string check, std::string thing, std::string value);
Finding found_warn(std::string check, std::string thing, std::string value, std::string remedy);
Finding found_bad(std::string check, std::string thing, std::string value, std::string remedy);
/// A warning: this user may not look.
Finding found_hidden(std::string check, std::string thing, std::string value);
/// From an error message "fault; remedy". A message that begins with `thing` does not repeat it.
Finding of_error(Status status, std::string check, std::string thing, const Error& error);

std::string_view to_string(Status status);
/// "bad  provider primary: key refused; …"
std::string finding_line(const Finding& finding, const Style& style = {});
Json to_json(const Finding& finding);
/// "1 bad, 2 warnings, 14 ok".
std::string findings_summary(const std::vector<Finding>& findings);

using Findings = std::vector<Finding>;

}  // namespace nowd::ctl
