#include "data/picture_windows.h"

#include <gtest/gtest.h>

namespace gulo {
namespace {

TEST(PictureWindowsTest, ASmallPictureIsOneWindow) {
  const auto windows = picture_windows(8, 30, 32);
  ASSERT_EQ(windows.size(), 1u);
  EXPECT_EQ(windows[0].height, 8);
  EXPECT_EQ(windows[0].width, 30);
}

TEST(PictureWindowsTest, WindowsCoverEveryPixelAndStayInside) {
  const int32_t height = 70, width = 100, side = 32;
  std::vector<int> seen(height * width);
  for (const PictureWindow& w : picture_windows(height, width, side)) {
    ASSERT_GE(w.top, 0);
    ASSERT_LE(w.top + w.height, height);
    ASSERT_LE(w.left + w.width, width);
    for (int32_t y = w.top; y < w.top + w.height; ++y)
      for (int32_t x = w.left; x < w.left + w.width; ++x) ++seen[y * width + x];
  }
  for (int times : seen) EXPECT_GT(times, 0);
}

TEST(PictureWindowsTest, AtMostSoManySpreadOverAll) {
  EXPECT_EQ(picture_windows(6000, 8000, 512).size(), 12u * 16u);
  const auto windows = picture_windows(6000, 8000, 512, 4);
  ASSERT_EQ(windows.size(), 4u);
  EXPECT_LT(windows[0].top, 1500);
  EXPECT_GT(windows[3].top, 4000);
}

}  // namespace
}  // namespace gulo
