// What would be sent, for people.
#include "delivery/delivery.hpp"
#include "delivery/exec.hpp"
#include "delivery/file.hpp"
#include "delivery/mail/mail_text.hpp"
#include "delivery/webhook/webhook.hpp"

namespace nowd {
namespace {

Result<std::string> shown(const WebhookSink& sink, const Parcel& parcel, Now now) {
  return webhook_preview(sink, parcel, now);
}

/// The headers as they go out; the text as a reader sees it.
Result<std::string> shown(const EmailSink& sink, const Parcel& parcel, Now now) {
  const auto text = mail_text(sink, parcel, now);
  if (!text) return text.error();
  std::string out = "SMTP " + sink.server + "\n";
  for (const char c : text->substr(0, text->find("\r\n\r\n")))
    if (c != '\r') out += c;
  return out + "\n\n" + parcel.text + "\n";
}

Result<std::string> shown(const FileSink& sink, const Parcel& parcel, Now now) {
  const auto path = file_path(sink, parcel, now);
  if (!path) return path.error();
  return *path + "\n\n" + parcel.text + "\n";
}

Result<std::string> shown(const ExecSink& sink, const Parcel& parcel, Now now) {
  return command_preview(sink, parcel, now);
}

}  // namespace

Result<std::string> preview(const Sink& sink, const Parcel& parcel, Now now) {
  auto text = std::visit([&](const auto& target) { return shown(target, parcel, now); }, sink.target);
  if (!text) return Error{text.error().kind, "sink " + sink.name + ": " + text.error().message};
  return text;
}

}  // namespace nowd
