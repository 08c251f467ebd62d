"""The running QGIS, as far as programs that it starts must know or be kept from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QProcessEnvironment, QUrl
from qgis.PyQt.QtNetwork import QNetworkProxy


def qgis_roots() -> tuple[str, ...]:
    """Folders QGIS is installed in."""
    return (QgsApplication.prefixPath(), os.environ.get("OSGEO4W_ROOT", ""), sys.prefix)


def proxy_variables() -> dict[str, str]:
    """The proxy of Settings > Options > Network, as variables that pip and others know.

    Empty where none is set there: then that of the environment or of the system is used.
    """
    manager = QgsNetworkAccessManager.instance()
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
    return {"HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": ",".join(hosts)}


def process_environment(variables: Mapping[str, str]) -> QProcessEnvironment:
    """The variables as a ``QProcess`` takes them."""
    environment = QProcessEnvironment()
    for name, value in variables.items():
        environment.insert(name, value)
    return environment
