"""The running QGIS, as far as programs that it starts must know or be kept from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QProcessEnvironment, QUrl
from qgis.PyQt.QtNetwork import QNetworkProxy

from cloudmamba_qgis.engine_client.environment import engine_environment


def qgis_roots() -> tuple[str, ...]:
    """Folders QGIS is installed in."""
    return (QgsApplication.prefixPath(), os.environ.get("OSGEO4W_ROOT", ""), sys.prefix)


@lru_cache(maxsize=1)
def qgis_network() -> QgsNetworkAccessManager:
    """How QGIS reaches the network; must be called first in the window's thread.

    Every thread has one of its own, and the others do not learn of what is changed in the settings.
    """
    return QgsNetworkAccessManager.instance()


def proxy_variables() -> dict[str, str]:
    """The proxy of Settings > Options > Network, as variables that pip, GDAL and others know.

    Empty where none is set there: then that of the environment or of the system is used. A password
    may be in them: they are not to be shown.
    """
    manager = qgis_network()
    proxy = manager.fallbackProxy()
    schemes = {
        QNetworkProxy.ProxyType.HttpProxy: "http",
        QNetworkProxy.ProxyType.HttpCachingProxy: "http",
        QNetworkProxy.ProxyType.Socks5Proxy: "socks5",
    }
    if proxy.type() not in schemes or not proxy.hostName():
        return {}
    url = QUrl()
    url.setScheme(schemes[proxy.type()])
    url.setHost(proxy.hostName())
    if proxy.port():
        url.setPort(proxy.port())
    if proxy.user():
        url.setUserName(proxy.user())
        url.setPassword(proxy.password())
    address = bytes(url.toEncoded()).decode()
    hosts = [QUrl(entry).host() or entry for entry in manager.excludeList() if entry]
    variables = {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": ",".join(hosts)}
    # GDAL knows http_proxy by its small letters alone.
    return {**variables, **{name.lower(): value for name, value in variables.items()}}


def engine_variables() -> dict[str, str]:
    """The whole environment of an engine that is started now."""
    return engine_environment(os.environ, qgis_roots(), proxy_variables())


def process_environment(variables: Mapping[str, str]) -> QProcessEnvironment:
    """The variables as a ``QProcess`` takes them."""
    environment = QProcessEnvironment()
    for name, value in variables.items():
        environment.insert(name, value)
    return environment
