// What the answers of the world outside mean.
#include <algorithm>

#include "ctl/doctor/outside.hpp"
#include "providers/model_list.hpp"

namespace nowd::ctl {
namespace {

Finding judge_models(const ProviderConfig& provider, const std::string& body, const std::string& seen) {
  const std::string thing = "provider " + provider.name;
  const auto names = model_names(body);
  if (!names) return found_ok("provider", thing, seen + "; its list of models cannot be read");
  if (lists_model(*names, provider.model)) return found_ok("provider", thing, seen + ", has " + provider.model);
  std::string known;
  for (std::size_t i = 0; i < std::min<std::size_t>(names->size(), 5); ++i)
    known += (i == 0 ? "" : ", ") + names->at(i);
  if (names->size() > 5) known += ", …";
  return found_warn("provider", thing, seen + ", does not list the model '" + provider.model + "'",
                    known.empty() ? "its list is empty: load a model there" : "it lists " + known);
}

}  // namespace

Finding judge_provider(const ProviderConfig& provider, const HttpOutcome& answer, bool with_key) {
  const std::string thing = "provider " + provider.name;
  if (!answer) {
    Finding away = of_error(Status::bad, "provider", thing, answer.error().error);
    if (away.remedy.empty()) away.remedy = "see whether the server runs, and base_url";
    return away;
  }
  const int status = answer->status;
  const std::string code = "HTTP " + std::to_string(status);
  const std::string seen =
      "reachable in " + human(std::max<nanoseconds>(milliseconds{1}, answer->ended.boot - answer->sent.boot));
  if (status == 200) return judge_models(provider, answer->body, seen);
  if (status == 401 || status == 403) {
    if (!with_key) return found_ok("provider", thing, seen + "; its key cannot be read here, so it was not tried");
    const bool has_key = provider.key.kind != SecretSource::Kind::none;
    return found_bad("provider", thing, (has_key ? "key refused (" : "it wants a key (") + code + ")",
                     has_key ? "renew the key, and put it where key: says" : "add key: to the provider");
  }
  if (status == 404 || status == 405 || status == 501) return found_ok("provider", thing, seen + ", has no model list");
  if (status == 429)
    return found_warn("provider", thing, "reachable, but it has enough of us (" + code + ")",
                      "see its limits and the account's balance");
  if (status >= 300 && status < 400)
    return found_bad("provider", thing, code + ": it sends elsewhere, which nowd never follows",
                     "write its final address as base_url: " + answer->header("location").value_or("(it names none)"));
  // A small server may break at a list that it does not have, and serve every call.
  if (status == 500)
    return found_warn("provider", thing, "reachable, but it answers " + code + " to a request for its models",
                      "it may serve calls all the same; see its log");
  if (status >= 500) return found_bad("provider", thing, "in trouble: " + code, "see its status page, or its log");
  return found_warn("provider", thing, "reachable, but it answers " + code + " to a request for its models",
                    "see base_url");
}

Finding judge_sink(const Sink& sink, const Result<std::string>& seen, bool as_daemon) {
  const std::string thing = "sink " + sink.name;
  if (seen) return found_ok("sink", thing, *seen);
  const bool of_user = std::holds_alternative<FileSink>(sink.target) && !as_daemon;
  Finding finding = of_error(of_user ? Status::warn : Status::bad, "sink", thing, seen.error());
  if (of_user) finding.remedy = "whether nowd may: sudo nowctl doctor sees it";
  return finding;
}

Finding judge_host(const HostUse& use, const std::string& fault) {
  if (fault.empty()) return found_ok("host", use.where, use.host + " resolves");
  return found_bad("host", use.where, use.host + " does not resolve: " + fault,
                   "check the name, and DNS on this host (getent hosts " + use.host + ")");
}

}  // namespace nowd::ctl
