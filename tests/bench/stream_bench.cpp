// What a model call costs nowd when thousands are under way: CPU, memory and the delay it adds to the server's own end,
// through the provider code and the HTTP client of the daemon. The server and each measurement are processes of their
// own, so that a figure is the client's alone.
//
//   bench_streams [CALLS...]     1000 and 5000 unless said otherwise, in each of the four APIs
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "net/http/http_client.hpp"
#include "providers/wire/provider.hpp"
#include "stream_script.hpp"
#include "stream_server.hpp"

using namespace nowd;
namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds period{45};   // sixty times: 2.7 s, as long as a short answer takes
constexpr std::chrono::milliseconds ramp{1'200};  // all calls begin within it, and none ends before it is over
constexpr double aim_cpu_ms = 0.3;

double aim_mb(int calls) { return calls <= 1000 ? 60 : 120; }

/// Of this process, in its own code and in the kernel.
struct Cpu {
  double user = 0, kernel = 0;
  double all() const { return user + kernel; }
};

Cpu cpu_ms() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto ms = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_usec) / 1e3;
  };
  return {ms(used.ru_utime), ms(used.ru_stime)};
}

double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  return 0;
}

ModelRequest request() {
  ModelRequest out;
  out.model = "scripted-1";
  out.system = std::string(1500, 's');
  out.messages = {{.role = Message::Role::user, .text = std::string(500, 'u')}};
  return out;
}

class Client {
 public:
  Client(const std::string& api, unsigned short port) {
    ProviderConfig config;
    config.name = config.api = api;
    config.model = "scripted-1";
    config.base_url = "http://127.0.0.1:" + std::to_string(port) + "/v1";
    config.key = {SecretSource::Kind::credential, "key"};
    const auto key = [](const SecretSource&) -> Result<Secret> { return Secret("sk-bench-0123456789"); };
    auto made = make_provider(config, http_, clock_, key, io_.get_executor());
    if (!made) throw std::runtime_error(made.error().message);
    provider_ = std::move(*made);
  }

  void run(int calls) {
    for (int i = 0; i < calls; ++i) asio::co_spawn(io_, call(ramp * i / calls), [](const std::exception_ptr&) {});
    io_.run();
    std::sort(delays_.begin(), delays_.end());
  }

  int open_at_once() const { return most_; }
  std::size_t good() const { return delays_.size(); }
  double delay_ms(std::size_t percent) const {
    return delays_.empty() ? -1 : delays_[std::min(delays_.size() - 1, delays_.size() * percent / 100)];
  }
  const std::string& fault() const { return fault_; }

 private:
  asio::awaitable<void> call(std::chrono::nanoseconds wait) {
    asio::steady_timer timer(io_, wait);
    co_await timer.async_wait(asio::use_awaitable);
    CallContext context;
    context.deadline = minutes{5};
    most_ = std::max(most_, ++open_);
    const ModelOutcome outcome = co_await provider_->call(request(), std::move(context));
    const auto ended = std::chrono::steady_clock::now().time_since_epoch();
    --open_;
    const std::string& text = outcome.reply.text;
    const std::size_t mark = bench::text_before_mark();
    if (outcome.reply.stop != Stop::complete || text.size() <= mark || text[mark] != bench::mark) {
      fault_ = outcome.reply.detail;
      co_return;
    }
    const std::chrono::nanoseconds sent{std::stoll(text.substr(mark + 1))};
    delays_.push_back(std::chrono::duration<double, std::milli>(ended - sent).count());
  }

  asio::io_context io_{1};
  SystemClock clock_;
  HttpClient http_{io_.get_executor(), clock_};
  std::unique_ptr<Provider> provider_;
  std::vector<double> delays_;
  std::string fault_;
  int open_ = 0;
  int most_ = 0;
};

void measure(const std::string& api, int calls, unsigned short port) {
  Client client(api, port);
  const Cpu before = cpu_ms();
  client.run(calls);
  const Cpu after = cpu_ms();
  const std::size_t failed = static_cast<std::size_t>(calls) - client.good();
  std::printf("%-17s %5d calls, %5d at once, %zu failed", api.c_str(), calls, client.open_at_once(), failed);
  std::printf(" | CPU %.3f ms a call (aim %.1f; %.3f in the kernel)", (after.all() - before.all()) / calls, aim_cpu_ms,
              (after.kernel - before.kernel) / calls);
  std::printf(" | peak %4.0f MB (aim %.0f)", peak_mb(), aim_mb(calls));
  std::printf(" | added delay p50 %.2f ms, p99 %.2f ms\n", client.delay_ms(50), client.delay_ms(99));
  if (!client.fault().empty()) std::printf("  the last failure: %s\n", client.fault().c_str());
  std::fflush(stdout);
}

/// A process that ends with this one.
template <class Work>
pid_t start(const Work& work) {
  const pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  work();
  _exit(0);
}

void allow_many_sockets() {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int count, char** arguments) {
  allow_many_sockets();
  std::vector<int> sizes;
  for (int i = 1; i < count; ++i) sizes.push_back(std::stoi(arguments[i]));
  if (sizes.empty()) sizes = {1000, 5000};
  const bench::Listening listening = bench::listen_on_loopback();
  const pid_t server = start([&] { bench::serve_streams(listening.socket, period); });
  close(listening.socket);
  for (const int calls : sizes)
    for (const char* api : {"openai-chat", "openai-responses", "anthropic", "gemini"})
      waitpid(start([&] { measure(api, calls, listening.port); }), nullptr, 0);
  kill(server, SIGKILL);
}
