#include "delivery/mail/mail_text.hpp"

#include <algorithm>

#include "domain/delivery/outbox.hpp"
#include "foundation/text/utf8.hpp"
#include "foundation/text/words.hpp"
#include "foundation/time/civil.hpp"

namespace nowd {
namespace {

constexpr std::size_t max_line = 76;  // with the "=" of a soft break

/// Lines of a quoted-printable text, with soft breaks in long ones.
class Lines {
 public:
  void add(std::string_view token) {
    if (length_ + token.size() > max_line - 1) {
      out_ += "=\r\n";
      length_ = 0;
    }
    out_ += token;
    length_ += token.size();
  }
  void end() {
    out_ += "\r\n";
    length_ = 0;
  }
  std::string take_text() { return std::move(out_); }

 private:
  std::string out_;
  std::size_t length_ = 0;
};

std::string hexadecimal(unsigned char byte) {
  static constexpr char digits[] = "0123456789ABCDEF";
  return {'=', digits[byte >> 4], digits[byte & 15]};
}

bool ends_line(std::string_view text, std::size_t at) {
  return at == text.size() || text[at] == '\n' || text[at] == '\r';
}

bool stands_plain(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == ' ' || c == '\t') return !ends_line(text, at + 1);  // servers may drop blanks at the end of a line
  return c > 0x20 && c < 0x7f && c != '=';
}

/// "Mon, 01 Jun 2026 07:00:04 +0000" (RFC 5322, 3.3).
std::string mail_date(Instant at) {
  const LocalTime local = Zone::utc().local(at);
  return format_local("%a, %d %b %Y %T %z", local, seconds{0}, "UTC").value();
}

Result<std::string> subject_of(const EmailSink& sink, const Delivery& delivery, Now now) {
  if (sink.subject.empty()) return delivery.subject;
  return render(sink.subject, message_values(delivery, now), unchanged_value);
}

std::string header(std::string_view name, std::string_view value) {
  return std::string(name) + ": " + std::string(value) + "\r\n";
}

std::string recipients(const EmailSink& sink) {
  std::string out;
  for (const std::string& address : sink.to) out += (out.empty() ? "" : ",\r\n ") + on_one_line(address);
  return out;
}

std::string message_id(const EmailSink& sink, const Delivery& delivery) {
  const std::string domain = sink.from.substr(sink.from.find('@') + 1);
  return on_one_line("<" + delivery.key + "@nowd." + domain + ">");
}

}  // namespace

std::string quoted_printable(std::string_view text) {
  Lines lines;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n') continue;
    if (text[at] == '\n' || text[at] == '\r')
      lines.end();
    else
      lines.add(stands_plain(text, at) ? std::string(1, text[at]) : hexadecimal(static_cast<unsigned char>(text[at])));
  }
  std::string out = lines.take_text();
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

Result<std::string> mail_text(const EmailSink& sink, const Delivery& delivery, Now now) {
  const auto subject = subject_of(sink, delivery, now);
  if (!subject) return Error{subject.error().kind, "subject: " + subject.error().message};
  std::string out;
  out += header("Date", mail_date(now.wall));
  out += header("From", on_one_line(sink.from));
  out += header("To", recipients(sink));
  out += header("Subject", encoded_words(*subject, "\r\n "));
  out += header("Message-ID", message_id(sink, delivery));
  out += header("Auto-Submitted", "auto-generated");
  out += header("MIME-Version", "1.0");
  out += header("Content-Type", "text/plain; charset=utf-8");
  out += header("Content-Transfer-Encoding", "quoted-printable");
  return out + "\r\n" + quoted_printable(delivery.text);
}

namespace {

constexpr std::size_t max_plain = 200;
constexpr std::size_t bytes_in_word = 45;  // 60 characters of base64 and 12 around them

bool may_stand_plain(std::string_view line) {
  return line.size() <= max_plain && line.find("=?") == std::string_view::npos &&
         std::all_of(line.begin(), line.end(), [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::string encoded_words(std::string_view text, std::string_view between) {
  const std::string line = on_one_line(text);  // no value can begin another header
  if (may_stand_plain(line)) return line;
  std::string out;
  for (std::string_view rest = line; !rest.empty();) {
    const std::string_view word = utf8_prefix(rest, bytes_in_word);
    if (!out.empty()) out += between;
    out += "=?UTF-8?B?" + base64(word) + "?=";
    rest.remove_prefix(word.size());
  }
  return out;
}

}  // namespace nowd
