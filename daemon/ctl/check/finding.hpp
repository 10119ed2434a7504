// What a check found: one line for somebody at 3 a.m.
#pragma once

#include <string>
#include <vector>

#include "foundation/error.hpp"
#include "foundation/json.hpp"
#include "surface/text.hpp"

namespace nowd::ctl {

/// bad: something does not work, or will not when it is due. warn: it works, but somebody should look; also what this
/// user may not see.
enum class Status { ok, warn, bad };

struct Finding {
  std::string check;  ///< the kind: "database", "provider", "credential" …
  Status status = Status::ok;
  std::string thing;    ///< "provider primary"
  std::string value;    ///< what was seen
  std::string remedy;   ///< empty where there is nothing to do
  std::string source;   ///< "jobs/standup.yaml:1", where a file says so; not shown by doctor
  bool hidden = false;  ///< a warning only because this user may not look

  bool operator==(const Finding&) const = default;
};

Finding found_ok(std::string check, std::string thing, std::string value);
Finding found_warn(std::string check, std::string thing, std::string value, std::string remedy);
Finding found_bad(std::string check, std::string thing, std::string value, std::string remedy);
/// A warning: this user may not look.
Finding found_hidden(std::string check, std::string thing, std::string value);
/// From an error's "what is wrong; what to do". A message that begins with `thing` does not say it twice.
Finding of_error(Status status, std::string check, std::string thing, const Error& error);

std::string_view to_string(Status status);
/// "bad  provider primary: key refused; …"
std::string line(const Finding& finding, const Style& style = {});
Json to_json(const Finding& finding);
/// "1 bad, 2 warnings, 14 ok".
std::string summary(const std::vector<Finding>& findings);

using Findings = std::vector<Finding>;

}  // namespace nowd::ctl
