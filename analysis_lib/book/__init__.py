"""The site: pages, the build and what makes a built book work from a folder, offline."""
