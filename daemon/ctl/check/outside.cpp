#include "ctl/check/outside.hpp"

#include <netdb.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <thread>

#include "config/daemon/secret_store.hpp"
#include "providers/registry.hpp"
#include "surface/text.hpp"

namespace asio = boost::asio;

namespace nowd::ctl {
namespace {

/// Waiting time beyond the limit of each exchange, so that its own error about the timeout arrives.
constexpr milliseconds patience{500};

Finding no_answer(std::string check, std::string thing, milliseconds limit) {
  return found_bad(std::move(check), std::move(thing), "no answer within " + human(limit),
                   "see whether this host reaches it (curl -v, ping)");
}

void set_limits(HttpRequest& request, milliseconds limit) {
  request.connect_timeout = request.first_byte_timeout = request.idle_timeout = request.total_timeout = limit;
}

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

std::string resolve(const std::string& host) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (found != nullptr) ::freeaddrinfo(found);
  return error == 0 ? "" : ::gai_strerror(error);
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
  // A small server may fail at a request for a list that it does not have, and still serve every call.
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

Outside::Outside(bool as_daemon, milliseconds limit)
    : as_daemon_(as_daemon),
      limit_(limit),
      secrets_(make_secret_reader()),
      http_(io_.get_executor(), clock_),
      senders_(io_.get_executor(), http_, clock_, secrets_),
      tasks_(io_.get_executor()) {}

Outside::~Outside() {
  tasks_.cancel();
  // run_for() has stopped the loop: its time was up, or no work was left.
  io_.restart();
  asio::co_spawn(io_, tasks_.join(), [](std::exception_ptr) {});
  io_.run();
}

Findings Outside::ask_all(const Uses& uses, const std::string& source) {
  for (const ProviderConfig& provider : uses.providers) {
    const std::size_t slot = expect(no_answer("provider", "provider " + provider.name, limit_));
    if (provider.api == "script")
      findings_[slot] = found_ok("provider", "provider " + provider.name, "a script, no model");
    else
      tasks_.spawn("provider " + provider.name, ask_provider(provider, slot));
  }
  for (const Sink& sink : uses.sinks)
    tasks_.spawn("sink " + sink.name, ask_sink(sink, expect(no_answer("sink", "sink " + sink.name, limit_))));
  for (Finding& finding : findings_) finding.source = source;
  HostLookups lookups(uses.hosts);
  io_.run_for(limit_ + patience);
  Findings all = findings_;
  for (std::size_t i = 0; i < uses.hosts.size(); ++i) {
    all.push_back(judge_host(uses.hosts[i], lookups.error_of(i)));
    all.back().source = uses.hosts[i].source;
  }
  return all;
}

asio::awaitable<void> Outside::ask_provider(ProviderConfig provider, std::size_t slot) {
  const Result<Secret> key = secrets_(provider.key);
  auto request = plan_model_list(provider, key ? *key : Secret());
  if (!request) {
    answer(slot, of_error(Status::bad, "provider", "provider " + provider.name, request.error()));
    co_return;
  }
  set_limits(*request, limit_);
  const HttpOutcome received = co_await http_.fetch(std::move(*request));
  answer(slot, judge_provider(provider, received, key.has_value()));
}

asio::awaitable<void> Outside::ask_sink(Sink sink, std::size_t slot) {
  if (!can_read(secrets_of(sink))) {
    answer(slot, found_warn("sink", "sink " + sink.name, "not asked: its secret cannot be read here",
                            "see the line of its secret"));
    co_return;
  }
  sink.timeout = std::min(sink.timeout, limit_);
  const Result<std::string> seen = co_await senders_.probe(sink);
  answer(slot, judge_sink(sink, seen, as_daemon_));
}

void Outside::answer(std::size_t slot, Finding finding) {
  finding.source = findings_[slot].source;
  findings_[slot] = std::move(finding);
}

bool Outside::can_read(const std::vector<SecretSource>& secrets) const {
  for (const SecretSource& secret : secrets)
    if (!secrets_(secret)) return false;
  return true;
}

std::size_t Outside::expect(Finding if_no_answer) {
  findings_.push_back(std::move(if_no_answer));
  return findings_.size() - 1;
}

HostLookups::HostLookups(const std::vector<HostUse>& hosts) : deadline_(std::chrono::steady_clock::now() + max_check) {
  for (const HostUse& use : hosts) {
    std::packaged_task<std::string()> task([host = use.host] { return resolve(host); });
    answers_.push_back(task.get_future());
    std::thread(std::move(task)).detach();
  }
}

std::string HostLookups::error_of(std::size_t index) {
  std::future<std::string>& answer = answers_.at(index);
  if (answer.wait_until(deadline_) != std::future_status::ready) return "no answer within " + human(max_check);
  return answer.get();
}

}  // namespace nowd::ctl
