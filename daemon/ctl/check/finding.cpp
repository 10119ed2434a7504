#include "ctl/check/finding.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "surface/text.hpp"

namespace nowd::ctl {

Finding found_ok(std::string check, std::string thing, std::string value) {
  return {std::move(check), Status::ok, std::move(thing), std::move(value), "", "", false};
}
Finding found_warn(std::string check, std::string thing, std::string value, std::string remedy) {
  return {std::move(check), Status::warn, std::move(thing), std::move(value), std::move(remedy), "", false};
}
Finding found_bad(std::string check, std::string thing, std::string value, std::string remedy) {
  return {std::move(check), Status::bad, std::move(thing), std::move(value), std::move(remedy), "", false};
}

Finding found_hidden(std::string check, std::string thing, std::string value) {
  Finding finding = found_warn(std::move(check), std::move(thing), std::move(value), "sudo nowctl doctor sees it");
  finding.hidden = true;
  return finding;
}

Finding of_error(Status status, std::string check, std::string thing, const Error& error) {
  std::string value = error.message, remedy;
  if (value.starts_with(thing + ": ")) value.erase(0, thing.size() + 2);
  if (const std::size_t end = value.rfind("; "); end != std::string::npos) {
    remedy = value.substr(end + 2);
    value.resize(end);
  }
  return {std::move(check), status, std::move(thing), std::move(value), std::move(remedy), "", false};
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::warn:
      return "warn";
    case Status::bad:
      return "bad";
  }
  return "bad";
}

std::string finding_line(const Finding& finding, const Style& style) {
  const Ink inks[] = {Ink::good, Ink::warn, Ink::bad};
  const std::string word = pad(to_string(finding.status), 5);
  return paint(style, inks[static_cast<int>(finding.status)], word) +
         printable(finding.thing + ": " + finding.value + (finding.remedy.empty() ? "" : "; " + finding.remedy));
}

Json to_json(const Finding& finding) {
  return {{"check", finding.check},
          {"status", to_string(finding.status)},
          {"thing", finding.thing},
          {"value", finding.value},
          {"remedy", finding.remedy}};
}

std::string findings_summary(const std::vector<Finding>& findings) {
  const auto count = [&](Status status) { return std::ranges::count(findings, status, &Finding::status); };
  return std::to_string(count(Status::bad)) + " bad, " + counted(count(Status::warn), "warning") + ", " +
         std::to_string(count(Status::ok)) + " ok";
}

}  // namespace nowd::ctl
