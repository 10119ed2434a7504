#include "surface/page/drift_chart.hpp"

#include <algorithm>
#include <cmath>

#include "surface/moment.hpp"
#include "surface/text.hpp"

namespace nowd {
namespace {

constexpr double left = 64, right = 704, top = 12, bottom = 132;

struct Step {
  nanoseconds at;
  const char* label;
};
constexpr Step steps[] = {{milliseconds{1}, "1 ms"}, {milliseconds{10}, "10 ms"}, {milliseconds{100}, "100 ms"},
                          {seconds{1}, "1 s"},       {seconds{10}, "10 s"},       {minutes{1}, "1 m"},
                          {minutes{10}, "10 m"},     {hours{1}, "1 h"},           {hours{10}, "10 h"},
                          {days{4}, "4 d"},          {days{40}, "40 d"}};

double height_of(nanoseconds gap) { return std::log10(std::max(1e6, static_cast<double>(gap.count())) / 1e6); }

nanoseconds worst_of(const std::vector<DriftPoint>& points) {
  return std::max_element(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.gap < b.gap; })
      ->gap;
}

nanoseconds median_of(const std::vector<DriftPoint>& points) {
  std::vector<nanoseconds> gaps;
  for (const DriftPoint& point : points) gaps.push_back(point.gap);
  const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
  std::nth_element(gaps.begin(), middle, gaps.end());
  return *middle;
}

std::string in_words(const std::string& name, const std::vector<DriftPoint>& points) {
  const auto size = [](nanoseconds gap) { return (gap < nanoseconds{0} ? "-" : "") + precise(gap); };
  return name + " of the last " + counted(static_cast<long long>(points.size()), "run") + ": median " +
         size(median_of(points)) + ", greatest " + size(worst_of(points)) + ", newest " + size(points.back().gap) + ".";
}

/// The least step that nothing lies above.
double ceiling_of(nanoseconds worst) {
  for (const Step& step : steps)
    if (step.at > milliseconds{1} && step.at >= worst) return height_of(step.at);
  return height_of(worst);
}

Html grid(double ceiling) {
  Html out;
  for (const Step& step : steps) {
    if (height_of(step.at) > ceiling + 1e-9) break;
    const double y = bottom - (bottom - top) * height_of(step.at) / ceiling;
    out += Html("<line class=\"line\" x1=\"") + Html::number(left) + "\" x2=\"" + Html::number(right) + "\" y1=\"" +
           Html::number(y) + "\" y2=\"" + Html::number(y) + "\"/><text class=\"dim\" text-anchor=\"end\" x=\"" +
           Html::number(left - 8) + "\" y=\"" + Html::number(y + 4) + "\">" + Html::text(step.label) + "</text>\n";
  }
  return out;
}

}  // namespace

Html drift_chart(const std::string& id, const std::string& name, const std::vector<DriftPoint>& points,
                 const Zone& zone) {
  if (points.empty()) return Html("<p>") + Html::text(name) + ": none of the last runs has both clocks.</p>\n";
  const double ceiling = ceiling_of(worst_of(points));
  const Html words = Html::text(in_words(name, points)), of = Html::text(id);
  const Html label = Html::text(name);
  Html out = Html("<figure>\n<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"") + label +
             "\"><svg role=\"img\" viewBox=\"0 0 720 140\" aria-labelledby=\"" + of + "-title " + of +
             "-desc\">\n<title id=\"" + of + "-title\">" + Html::text(name) + "</title>\n<desc id=\"" + of +
             "-desc\">" + words + " The scale is logarithmic.</desc>\n" + grid(ceiling);
  const double apart = (right - left - 16) / static_cast<double>(std::max<std::size_t>(1, points.size() - 1));
  double x = points.size() == 1 ? (left + right) / 2 : left + 8;
  for (const DriftPoint& point : points) {
    out += Html(point.gap < nanoseconds{0} ? Html("<circle class=\"dot fault\"") : Html("<circle class=\"dot\"")) +
           " r=\"3\" cx=\"" + Html::number(x) + "\" cy=\"" +
           Html::number(bottom - (bottom - top) * height_of(point.gap) / ceiling) + "\"><title>run " +
           Html::number(point.run) + ", " + Html::text(short_moment(zone, point.scheduled_at)) + ": " +
           span(point.gap) + "</title></circle>\n";
    x += apart;
  }
  return out + "</svg></div>\n<figcaption>" + words + "</figcaption>\n</figure>\n";
}

}  // namespace nowd
