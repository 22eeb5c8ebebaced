#include "cli/curve_plot.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/units.h"

namespace gulo {
namespace {

std::string draw(const std::vector<CurvePoint>& points, bool utf8) {
  return draw_curve(points,
                    {.columns = 8, .rows = 2, .utf8 = utf8, .format_x = format_duration, .format_y = format_percent});
}

TEST(CurvePlot, FallsLikeItsPoints) {
  EXPECT_EQ(draw({{0, 0.4}, {5, 0.2}, {10, 0.05}}, false),
            "40.00 % |####    \n"
            "      0 |####### \n"
            "         0 10.0 s\n");
  EXPECT_EQ(draw({{0, 0.4}, {5, 0.2}, {10, 0.05}}, true),
            "40.00 % │████    \n"
            "      0 │███████▂\n"
            "         0 10.0 s\n");
}

TEST(CurvePlot, NothingToDrawIsNothingDrawn) {
  EXPECT_EQ(draw({}, true), "");
  EXPECT_EQ(draw({{1, 0.5}}, true), "");
  EXPECT_EQ(draw({{0, 0}, {1, 0}}, true), "");
}

}  // namespace
}  // namespace gulo
