// Hands a file over as a download, under the name that it was given. Runs when a download was written.
(file) => {
  if (!file) return;
  const link = Object.assign(document.createElement('a'), { href: file.url, download: file.orig_name });
  document.body.append(link);
  link.click();
  link.remove();
}
