#include "surface/page/html.hpp"

#include <cmath>

#include "foundation/text/url.hpp"
#include "foundation/text/words.hpp"
#include "surface/moment.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

Html in_ink(Ink ink, const Html& content) {
  switch (ink) {
    case Ink::good:
      return Html("<span class=\"good\">") + content + "</span>";
    case Ink::warn:
      return Html("<span class=\"warn\">") + content + "</span>";
    case Ink::bad:
      return Html("<span class=\"bad\">") + content + "</span>";
    default:
      return content;
  }
}

}  // namespace

Html Html::text(std::string_view outside) {
  Html out;
  out.code_ = escape_markup(printable(outside));
  return out;
}

Html Html::number(std::int64_t value) { return text(std::to_string(value)); }

Html Html::number(double value) {
  const auto tenths = std::llround(value * 10);
  std::string out = std::to_string(std::abs(tenths) / 10);
  if (tenths % 10 != 0) out += "." + std::to_string(std::abs(tenths) % 10);
  return text(tenths < 0 ? "-" + out : out);
}

Html& Html::operator+=(const Html& more) {
  code_ += more.code_;
  return *this;
}

Html link_to_job(std::string_view job, const Html& content) {
  return Html("<a href=\"/jobs/") + Html::text(percent_encoded(job)) + "\">" + content + "</a>";
}

Html link_to_run(std::int64_t run, const Html& content) {
  return Html("<a href=\"/runs/") + Html::number(run) + "\">" + content + "</a>";
}

Html moment(const Zone& zone, std::optional<Instant> at) {
  if (!at) return "–";
  return Html("<time datetime=\"") + Html::text(rfc3339(*at)) + "\">" +
         Html::text(local_moment(zone, *at) + " " + offset_text(zone.offset(*at))) + "</time>";
}

Html span(std::optional<nanoseconds> size) {
  if (!size) return "–";
  return Html::text((*size < nanoseconds{0} ? "-" : "") + precise(*size));
}

Html judged(std::string_view word) {
  if (word.empty()) return "–";
  return in_ink(ink_of(word), Html::text(word));
}

Html table(const HtmlTable& content) {
  if (content.rows.empty()) return Html("<p>") + content.when_empty + "</p>\n";
  const Html caption = Html::text(content.caption);
  Html out = Html("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"") + caption +
             "\">\n<table>\n<caption>" + caption + "</caption>\n<thead><tr>";
  for (const Html& heading : content.headings) out += Html("<th scope=\"col\">") + heading + "</th>";
  out += "</tr></thead>\n<tbody>\n";
  for (const auto& row : content.rows) {
    out += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      out += c == 0 ? Html("<th scope=\"row\">") + row[c] + "</th>"
                    : Html("<td data-label=\"") + content.headings[c] + "\">" + row[c] + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n</div>\n";
}

std::string html_page(const PageFrame& frame, const Html& main) {
  const Html title = Html::text(frame.title);
  return (Html("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n<title>") +
          title +
          " · nowd</title>\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"
          "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
          "<header><nav aria-label=\"Pages\"><a href=\"/\">Jobs</a> <a "
          "href=\"/metrics\">Metrics</a></nav></header>\n"
          "<main id=\"main\" tabindex=\"-1\">\n<h1>" +
          title + "</h1>\n" + main + "</main>\n<footer><p>Written " +
          moment(Zone::utc(), std::chrono::floor<seconds>(frame.now)) + " by this host's clock, nowd " +
          Html::text(frame.version) + ".</p></footer>\n</body>\n</html>\n")
      .code();
}

}  // namespace nowd
