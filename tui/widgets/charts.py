"""The charts."""

from tui.widgets.bar_chart import Bar, BarChart
from tui.widgets.heat_map import HeatMap
from tui.widgets.spark import Spark
from tui.widgets.top_list import TopItem, TopList

__all__ = ["Bar", "BarChart", "HeatMap", "Spark", "TopItem", "TopList"]
