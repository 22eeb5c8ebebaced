#include "data/layout.h"

#include <fmt/ranges.h>

#include <set>
#include <string_view>

#include "base/error.h"
#include "base/progress.h"
#include "base/utf8.h"
#include "data/listing_builder.h"

namespace gulo {

namespace {

constexpr const char* kLayoutHint = "put the files of each label into a folder of its name: LABEL/FILE";

using Tree = std::vector<TreeEntry>;

// What lies directly in one folder of the tree.
struct FolderView {
  std::set<std::string_view> folders;
  size_t n_files = 0;

  bool has_train_and_test() const { return folders.contains("train") && folders.contains("test"); }
};

// `base` is "" or ends with '/'.
FolderView look_into(const Tree& tree, std::string_view base) {
  FolderView view;
  for (const TreeEntry& entry : tree) {
    std::string_view below = entry.path;
    if (!below.starts_with(base)) continue;
    below.remove_prefix(base.size());
    const size_t slash = below.find('/');
    if (slash != std::string_view::npos || entry.folder)
      view.folders.insert(below.substr(0, slash));
    else
      ++view.n_files;
  }
  view.folders.erase("");
  return view;
}

// The folder of the tree in which the labels, or train/ and test/, lie: its root, or the single folder in that.
std::string find_base(const Tree& tree, const std::string& data) {
  const FolderView root = look_into(tree, "");
  if (root.folders.size() != 1) return "";
  std::string inner = std::string(*root.folders.begin()) + '/';
  const FolderView below = look_into(tree, inner);
  if (below.has_train_and_test()) return inner;
  // One label could not be learned from, so its folders, if it holds nothing else, must be the labels.
  if (below.folders.size() < 2 || below.n_files > 0) return "";
  say(fmt::format("note: {}: the labels are the {} folders in its only folder, '{}'", printable_utf8(data),
                  below.folders.size(), printable_utf8(*root.folders.begin())));
  return inner;
}

std::vector<std::string> chosen_parts(const Tree& tree, const std::string& base, const SourceOptions& options,
                                      const std::string& data) {
  const FolderView view = look_into(tree, base);
  if (!view.has_train_and_test()) return {base};
  for (const std::string_view folder : view.folders)
    if (folder != "train" && folder != "test")
      say(fmt::format("note: {}: '{}' beside train/ and test/ is not used", printable_utf8(data),
                      printable_utf8(folder)));
  if (options.split == Split::kTrain) return {base + "train/"};
  if (options.split == Split::kTest) return {base + "test/"};
  return {base + "train/", base + "test/"};
}

// Adds the files of one part and warns of what in it is no item.
void add_part(const std::string& data, const Tree& tree, const std::string& part, const std::string& name_prefix,
              ListingBuilder& builder) {
  std::set<std::string_view> labels_with_files;
  for (const TreeEntry& entry : tree) {
    const std::string_view path = entry.path;
    if (entry.folder || !path.starts_with(part)) continue;
    const size_t slash = path.find('/', part.size());
    if (slash == std::string_view::npos) continue;
    const std::string_view label = path.substr(part.size(), slash - part.size());
    labels_with_files.insert(label);
    builder.add({name_prefix + entry.path, -1, entry.size_bytes, entry.content_offset}, std::string(label));
  }
  const FolderView view = look_into(tree, part);
  if (view.n_files > 0 && !labels_with_files.empty())
    warn(fmt::format("{}: {} files are in no label's folder and left out", printable_utf8(data + '/' + part),
                     view.n_files));
  for (const std::string_view label : view.folders)
    if (!labels_with_files.contains(label))
      warn(fmt::format("{}: label '{}' has no files and is left out", printable_utf8(data), printable_utf8(label)));
}

[[noreturn]] void fail_empty(const std::string& data, const Tree& tree, const std::vector<std::string>& parts) {
  size_t n_loose = 0, n_folders = 0;
  for (const std::string& part : parts) {
    const FolderView view = look_into(tree, part);
    n_loose += view.n_files;
    n_folders += view.folders.size();
  }
  const std::string where =
      parts[0].empty() ? "" : fmt::format(" in {}", printable_utf8(fmt::format("{}", fmt::join(parts, " and "))));
  if (n_loose > 0)
    throw Error(ErrorKind::kData, fmt::format("holds {} files but none in a label's folder{}", n_loose, where),
                kLayoutHint, data);
  if (n_folders > 0)
    throw Error(ErrorKind::kData, fmt::format("its {} label folders hold no files{}", n_folders, where), kLayoutHint,
                data);
  throw Error(ErrorKind::kData, fmt::format("holds no files{}", where), kLayoutHint, data);
}

// All files, of the train/ part alone where there is one and it is asked for.
Listing list_unlabelled(const std::string& data, const Tree& tree, const std::string& name_prefix,
                        const SourceOptions& options) {
  const FolderView root = look_into(tree, "");
  const std::string only = root.folders.size() == 1 ? std::string(*root.folders.begin()) + '/' : "";
  const std::string base = !only.empty() && look_into(tree, only).has_train_and_test() ? only : "";
  ListingBuilder builder(data);
  for (const std::string& part : chosen_parts(tree, base, options, data))
    for (const TreeEntry& entry : tree)
      if (!entry.folder && entry.path.starts_with(part))
        builder.add({name_prefix + entry.path, -1, entry.size_bytes, entry.content_offset}, "");
  require(!builder.empty(), ErrorKind::kData, "holds no files", "give a folder or an archive of files", data);
  return builder.finish(1, "");
}

}  // namespace

Listing list_tree(const std::string& data, const Tree& tree, const std::string& name_prefix,
                  const SourceOptions& options) {
  if (!options.labelled) return list_unlabelled(data, tree, name_prefix, options);
  const std::string base = find_base(tree, data);
  const std::vector<std::string> parts = chosen_parts(tree, base, options, data);
  ListingBuilder builder(data);
  for (const std::string& part : parts) add_part(data, tree, part, name_prefix, builder);
  if (builder.empty()) fail_empty(data, tree, parts);
  return builder.finish(options.min_labels, kLayoutHint);
}

}  // namespace gulo
