"""What ipywidgets shows of a session; views keep no data of their own."""
